/** Who sends a request: everybody with the key shares one budget, everybody without it one per address and host. */
type Client = { id: string; keyed: boolean };

export type RequestReport = {
  total: number;
  refused: number;
  /** Most requests that began within any 1000 ms, refused ones included. */
  maxPerSecond: number;
  /** The same for each client by itself. */
  maxPerSecondByClient: Record<string, number>;
  byKind: Record<string, number>;
};

export type RateLimiter = {
  /** Notes a request that begins now; `allowed` = within the client's budget. `limit` is null where there is none. */
  admit(client: Client, kind: string): { allowed: boolean; limit: number | null };
  report(): RequestReport;
  /** Forgets everything reported so far; budgets stay used. */
  resetReport(): void;
};

const WINDOW_MS = 1000;

/** Counts events of the last second. */
function createWindow() {
  const times: number[] = [];
  return {
    /** How many began within the second before `now`. */
    countAt: (now: number): number => {
      while (times[0] !== undefined && times[0] <= now - WINDOW_MS) times.shift();
      return times.length;
    },
    add: (now: number): void => {
      times.push(now);
    },
  };
}

/**
 * A sliding window over the accepted requests of each client: at most `limit` of them begin within any second.
 * @param limits requests per second with and without a key; null = no limit
 * @param now milliseconds of a clock that never goes back
 */
export function createRateLimiter(
  limits: { keyed: number | null; anonymous: number | null },
  now: () => number,
): RateLimiter {
  const accepted = new Map<string, ReturnType<typeof createWindow>>();
  const seen = new Map<string, ReturnType<typeof createWindow>>();
  let report = emptyReport();

  function windowOf(windows: typeof seen, id: string) {
    const found = windows.get(id);
    if (found) return found;
    const created = createWindow();
    windows.set(id, created);
    return created;
  }
  function notice(id: string, at: number): number {
    const window = windowOf(seen, id);
    window.add(at);
    return window.countAt(at);
  }

  return {
    admit: (client, kind) => {
      const at = now();
      const limit = client.keyed ? limits.keyed : limits.anonymous;
      report.total += 1;
      report.byKind[kind] = (report.byKind[kind] ?? 0) + 1;
      report.maxPerSecond = Math.max(report.maxPerSecond, notice("", at));
      const most = Math.max(report.maxPerSecondByClient[client.id] ?? 0, notice(client.id, at));
      report.maxPerSecondByClient[client.id] = most;
      const window = windowOf(accepted, client.id);
      const allowed = limit === null || window.countAt(at) < limit;
      if (allowed) window.add(at);
      else report.refused += 1;
      return { allowed, limit };
    },
    report: () => structuredClone(report),
    resetReport: () => {
      report = emptyReport();
    },
  };
}

function emptyReport(): RequestReport {
  return { total: 0, refused: 0, maxPerSecond: 0, maxPerSecondByClient: {}, byKind: {} };
}
