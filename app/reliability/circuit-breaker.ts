import { type AppError, createError, type ErrorCode } from "./errors.ts";

/** Failures in a row, over all requests to the host, that count as an outage. */
const FAILURES_TO_OPEN = 5;
/** After a 429 at least a whole window of the venue. */
const FIRST_PAUSE_MS = { RATE_LIMITED: 1_050, SERVICE_UNAVAILABLE: 2_000 };
const LONGEST_PAUSE_MS = 60_000;
/** A probe that has not reported by then is taken for lost. */
const PROBE_TIMEOUT_MS = 30_000;

/** What became of a request: any proper answer, an outage-like failure, a 429, or given up by its caller. */
type Outcome = "answered" | "failed" | "rate-limited" | "cancelled";

export type RequestReport = {
  /** From the start to the end of the reply, in milliseconds. */
  durationMs: number;
  outcome: Outcome;
  /** What the server asked for, in milliseconds. */
  retryAfterMs?: number | undefined;
};

type PauseCode = Extract<ErrorCode, "RATE_LIMITED" | "SERVICE_UNAVAILABLE">;
type Pause = {
  since: number;
  /** When the first of the pauses began that followed one another without an answer between them. */
  heldSince: number;
  until: number;
  lengthMs: number;
  reason: string;
  code: PauseCode;
  probeStartedAt: number | null;
};

type CircuitBreaker = {
  /** Earliest time at which a request may start; in the past when one may start now. */
  nextStartAt(now: number): number;
  start(now: number): void;
  end(now: number, report: RequestReport): void;
  /** Holds the host until then, whatever else holds it. */
  pause(now: number, until: number, reason: string): void;
  /** The pause in force or waiting for its probe; null = open. */
  current(): Readonly<Pause> | null;
  /** The error for who will not wait that long; null when the pause ends within `patienceMs`. */
  refusal(now: number, patienceMs: number): AppError | null;
};

/**
 * Holds a whole host. A 429 holds it for what the server asks (else 1 s), five failures in a row hold it for 2 s. Then one request is
 * let through as a probe: an answer opens the host, another failure doubles the pause up to 60 s. Requests that were under way when
 * the pause began prove nothing and change nothing, except that their own 429 may make it longer.
 * Times are milliseconds of one monotonic clock; `random` (0 to 1) spreads the probes of many installations.
 */
export function createCircuitBreaker(random: () => number): CircuitBreaker {
  let failuresInRow = 0;
  let pause: Pause | null = null;

  function end(now: number, { durationMs, outcome, retryAfterMs }: RequestReport) {
    if (pause && now - durationMs <= pause.since) {
      if (outcome === "rate-limited") {
        pause.until = Math.max(pause.until, now + (retryAfterMs ?? FIRST_PAUSE_MS.RATE_LIMITED));
      }
    } else if (outcome === "rate-limited") {
      const reason = "the host answered 429, too many requests";
      pause = nextPause(pause, now, { code: "RATE_LIMITED", reason, retryAfterMs }, random);
    } else if (outcome === "failed") {
      failuresInRow += 1;
      if (pause || retryAfterMs !== undefined || failuresInRow >= FAILURES_TO_OPEN) {
        const reason = `${failuresInRow} request${failuresInRow === 1 ? "" : "s"} in a row failed`;
        pause = nextPause(
          pause,
          now,
          { code: "SERVICE_UNAVAILABLE", reason, retryAfterMs },
          random,
        );
      }
    } else if (outcome === "cancelled") {
      if (pause) pause.probeStartedAt = null;
    } else {
      failuresInRow = 0;
      if (pause && pause.until > now) pause.probeStartedAt = null;
      else pause = null;
    }
  }

  return {
    nextStartAt(now) {
      if (!pause) return now;
      const { until, probeStartedAt } = pause;
      return probeStartedAt === null ? until : Math.max(until, probeStartedAt + PROBE_TIMEOUT_MS);
    },
    start(now) {
      if (pause) pause.probeStartedAt = now;
    },
    end,
    pause(now, until, reason) {
      if (until <= now) return;
      const latest = Math.max(until, pause?.until ?? until);
      const { code, lengthMs, heldSince } = pause ?? {
        code: "RATE_LIMITED",
        lengthMs: 0,
        heldSince: now,
      };
      pause = {
        since: now,
        heldSince,
        until: latest,
        lengthMs,
        reason,
        code,
        probeStartedAt: null,
      };
    },
    current: () => pause,
    refusal: (now, patienceMs) => refusalOf(pause, now, patienceMs),
  };
}

/** The pause after a failure: as long as the server asks, else twice the one before it. */
function nextPause(
  previous: Pause | null,
  now: number,
  failure: { code: PauseCode; reason: string; retryAfterMs: number | undefined },
  random: () => number,
): Pause {
  const { code, reason, retryAfterMs } = failure;
  const doubledMs = Math.max((previous?.lengthMs ?? 0) * 2, FIRST_PAUSE_MS[code]);
  const lengthMs = Math.min(doubledMs, LONGEST_PAUSE_MS);
  const spreadMs = Math.min(lengthMs * (1 + 0.2 * random()), LONGEST_PAUSE_MS);
  const heldMs = Math.max(retryAfterMs ?? spreadMs, FIRST_PAUSE_MS.RATE_LIMITED);
  const heldSince = previous?.heldSince ?? now;
  const until = now + heldMs;
  return { since: now, heldSince, until, lengthMs, reason, code, probeStartedAt: null };
}

function refusalOf(pause: Pause | null, now: number, patienceMs: number): AppError | null {
  if (!pause || pause.until - now <= patienceMs) return null;
  const retryAfterMs = Math.ceil(pause.until - now);
  const seconds = Math.ceil(retryAfterMs / 1_000);
  const message = `Requests to this host are paused for another ${seconds} s: ${pause.reason}.`;
  return createError(pause.code, message, { retryAfterMs });
}
