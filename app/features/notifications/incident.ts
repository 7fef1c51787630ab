import type { Severity } from "~/generated/prisma/client.ts";

/** Looks are a minute apart: the second one after that which found nothing any more comes after this time. */
const QUIET_MS = 90_000;
/** How long something that happened at a moment keeps its incident open. */
const MOMENT_MS = 10 * 60_000;
/** An incident that keeps coming back must have been over for longer and longer, up to this, before it counts as over. */
const LONGEST_QUIET_MS = 2 * 3_600_000;
/** Incidents of the same scope within this time count as coming back. */
export const RECENT_MS = 12 * 3_600_000;

/** What is wrong now, as a look finds it. */
export type Standing = {
  /** "job-failing:markets" */
  key: string;
  /** A venue's id, or "app". */
  scope: string;
  severity: Extract<Severity, "warning" | "error">;
  /** What an incident that begins with it is called. */
  title: string;
  /** What is wrong, since when, and what to do. */
  text: string;
  /** A page of the app that shows more. */
  link: string | null;
};

/** What an open incident is made of so far. */
export type KnownCondition = {
  key: string;
  raisedAt: Date;
  /** Null = it stands, as far as the last look has seen. */
  clearedAt: Date | null;
  /** It happened at a moment, and never stands. */
  momentary: boolean;
};

/** One scope as it was left by the last look. */
type ScopeState = {
  /** Whether an incident is open. */
  open: boolean;
  conditions: readonly KnownCondition[];
  /** Incidents that began within `RECENT_MS`, the open one included. */
  recent: number;
};

/** What a look changes in one scope. */
export type Decision = {
  /** An incident begins: somebody is told. */
  opens: boolean;
  /** Conditions that are new to the incident; nobody is told again. */
  joins: Standing[];
  /** Conditions of it that stand again. */
  returns: Standing[];
  /** Keys of conditions that stand no longer. */
  clears: string[];
  /** The incident is over: "recovered" is told, what ends "quietly" is not. */
  ends: "recovered" | "quietly" | null;
};

/**
 * What one look at a scope leads to, from what stands now and what was known. Told is only a change: the first condition of an incident,
 * and its end, once no condition has stood for two looks; longer where incidents keep coming back, so that flapping is told less and less.
 */
export function decide(state: ScopeState, standing: readonly Standing[], now: Date): Decision {
  if (!state.open) {
    return {
      opens: standing.length > 0,
      joins: [...standing],
      returns: [],
      clears: [],
      ends: null,
    };
  }
  const lasting = state.conditions.filter(({ momentary }) => !momentary);
  const known = new Map(lasting.map((condition) => [condition.key, condition]));
  const stands = new Set(standing.map(({ key }) => key));
  const gone = lasting.filter(({ key }) => !stands.has(key));
  return {
    opens: false,
    joins: standing.filter(({ key }) => !known.has(key)),
    returns: standing.filter(({ key }) => known.get(key)?.clearedAt != null),
    clears: gone.filter(({ clearedAt }) => clearedAt === null).map(({ key }) => key),
    ends: standing.length > 0 ? null : endOf(state, lasting, now),
  };
}

function endOf(
  { conditions, recent }: ScopeState,
  lasting: readonly KnownCondition[],
  now: Date,
): Decision["ends"] {
  const times = (lasting.length > 0 ? lasting : conditions).map(
    ({ clearedAt, raisedAt, momentary }) => (momentary ? raisedAt : (clearedAt ?? now)).getTime(),
  );
  const quietMs = now.getTime() - Math.max(...times);
  const firstMs = lasting.length > 0 ? QUIET_MS : MOMENT_MS;
  const neededMs = Math.max(
    firstMs,
    Math.min(firstMs * 2 ** Math.max(recent - 1, 0), LONGEST_QUIET_MS),
  );
  if (quietMs < neededMs) return null;
  return lasting.length > 0 ? "recovered" : "quietly";
}
