import { createRandom, type Random } from "./random.ts";
import { PATH_KINDS, type PathKind } from "./routes.ts";

export const FAULT_KINDS = [
  "rate-limit-seconds",
  "rate-limit-date",
  "rate-limit-bare",
  "server-error",
  "html",
  "reset",
  "truncated",
  "slow",
  "malformed-rows",
  "stale",
  "drifting",
  "half-failing",
  "outage",
  "geo",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What a client may ask for. */
type FaultRequest = {
  kind: FaultKind;
  match: PathKind | "all";
  /** Chance that a matching request is hit, 0 to 1. */
  probability: number;
  /** Requests to hit before it ends; null = no end. */
  count: number | null;
  /** Seconds until it ends; null = no end. */
  seconds: number | null;
  /** Lower case; null = every wallet. */
  wallet: string | null;
  /** Null = every page. */
  page: number | null;
  /** How long "slow" replies take. */
  delayMs: number;
  /** What the 429s of "rate-limit-*" ask for, in seconds. */
  retryAfter: number;
};

type Fault = FaultRequest & {
  id: number;
  /** Requests hit so far. */
  applied: number;
  /** Epoch milliseconds; null = no end. */
  endsAt: number | null;
};

/** What faults look at. */
type FaultTarget = { kind: PathKind | "other"; wallet: string | null; page: number };

/** A fault that hits a request; `turn` counts its hits from 0. */
export type Hit = { fault: Fault; turn: number };

export type Faults = {
  add(request: FaultRequest): Fault;
  clear(): void;
  /** The faults that still act. */
  list(): Fault[];
  /** The faults that hit this request, oldest first. */
  hits(target: FaultTarget): Hit[];
  /** Source of the faults' own choices. */
  random: Random;
};

export class FaultRequestError extends Error {}

const LISTS: readonly string[] = ["markets", "trades", "leaderboard"];
/** Kinds that can only act on some addresses. */
const ACTS_ON: Partial<Record<FaultKind, readonly string[]>> = {
  drifting: ["trades"],
  "half-failing": ["markets", "trades"],
  "malformed-rows": LISTS,
};

const FIELDS =
  "kind, match, probability (0 to 1), count, seconds, wallet, page, delayMs, retryAfter";

function numberField(
  input: Record<string, unknown>,
  name: string,
  fits: (value: number) => boolean,
  expected: string,
): number | null {
  const value = input[name];
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && fits(value)) return value;
  throw new FaultRequestError(`${name} must be ${expected}`);
}

const positiveWhole = (value: number) => Number.isSafeInteger(value) && value > 0;
const notNegative = (value: number) => value >= 0 && value <= 86_400_000;

/**
 * Checks what a client sent.
 * @throws {FaultRequestError} saying what is allowed
 */
export function parseFault(input: unknown): FaultRequest {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new FaultRequestError(`The body must be a JSON object with ${FIELDS}.`);
  }
  const body = input as Record<string, unknown>;
  const unknown = Object.keys(body).filter((name) => !FIELDS.split(/\W+/).includes(name));
  if (unknown.length > 0) {
    throw new FaultRequestError(`Unknown field ${unknown.join(", ")}; allowed are ${FIELDS}.`);
  }
  const kind = FAULT_KINDS.find((known) => known === body.kind);
  if (!kind) throw new FaultRequestError(`kind must be one of ${FAULT_KINDS.join(", ")}`);
  const acts: readonly string[] = ACTS_ON[kind] ?? PATH_KINDS;
  const match = [...PATH_KINDS, "all" as const].find((known) => known === (body.match ?? "all"));
  if (!match || (match !== "all" && !acts.includes(match))) {
    throw new FaultRequestError(`match of ${kind} must be one of ${acts.join(", ")}, all`);
  }
  const { wallet = null } = body;
  if (wallet !== null && !(typeof wallet === "string" && /^0x[0-9a-fA-F]{40}$/.test(wallet))) {
    throw new FaultRequestError("wallet must be 0x and 40 hex digits");
  }
  const between0And1 = (value: number) => value >= 0 && value <= 1;
  return {
    kind,
    match,
    probability: numberField(body, "probability", between0And1, "a number from 0 to 1") ?? 1,
    count: numberField(body, "count", positiveWhole, "a whole number above 0"),
    seconds: numberField(body, "seconds", notNegative, "a number of seconds, 0 or more"),
    wallet: wallet === null ? null : wallet.toLowerCase(),
    page: numberField(body, "page", positiveWhole, "a whole number above 0"),
    delayMs: numberField(body, "delayMs", notNegative, "milliseconds, 0 or more") ?? 20_000,
    retryAfter: numberField(body, "retryAfter", notNegative, "seconds, 0 or more") ?? 2,
  };
}

function matches(fault: Fault, target: FaultTarget): boolean {
  if (target.kind === "other") return false;
  if (fault.match !== "all" && fault.match !== target.kind) return false;
  if (ACTS_ON[fault.kind]?.includes(target.kind) === false) return false;
  if (fault.wallet !== null && fault.wallet !== target.wallet) return false;
  if (fault.page !== null && fault.page !== target.page) return false;
  return fault.kind !== "half-failing" || target.page % 2 === 0;
}

/**
 * The faults that are switched on.
 * @param seed of their choices
 * @param now epoch milliseconds
 */
export function createFaults(seed: string, now: () => number): Faults {
  const random = createRandom(`${seed}/faults`);
  let faults: Fault[] = [];
  let added = 0;
  const acting = (fault: Fault): boolean =>
    (fault.endsAt === null || now() < fault.endsAt) &&
    (fault.count === null || fault.applied < fault.count);
  const current = (): Fault[] => {
    faults = faults.filter(acting);
    return faults;
  };
  return {
    random,
    add: (request) => {
      const endsAt = request.seconds === null ? null : now() + request.seconds * 1000;
      const fault = { ...request, id: ++added, applied: 0, endsAt };
      faults.push(fault);
      return fault;
    },
    clear: () => {
      faults = [];
    },
    list: current,
    hits: (target) =>
      current()
        .filter((fault) => matches(fault, target))
        .filter((fault) => random.chance(fault.probability))
        .map((fault) => ({ fault, turn: fault.applied++ })),
  };
}
