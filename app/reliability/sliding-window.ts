/** Length of the window from a request's start: the venue's second and a margin for the network. */
const WINDOW_MS = 1_050;
/** A request is seen by the server between its start and its reply, and no later than this after its start. */
const LATEST_ARRIVAL_MS = 3_000;
/** Share of the newest reply in the running mean of how long a slot is held. */
const MEAN_WEIGHT = 0.2;

type Slot = { startedAt: number; endedAt: number | null };

type SlidingWindow = {
  /** Earliest time at which a request may start; in the past when one may start now. */
  nextStartAt(now: number): number;
  start(now: number): void;
  /** The reply to the request that started `durationMs` ago has arrived (or was given up). */
  end(now: number, durationMs: number): void;
  /** Starts per second that replies as quick as the recent ones allow. */
  rate(): number;
};

/**
 * At most `limit` requests in any second of the server's clock. There are `limit` slots; a request takes one at its start and gives
 * it back 1,050 ms later, or one second after its reply if that is later. The server sees a request before it replies, so of any
 * `limit + 1` requests two are at least a second apart there, however unevenly the network or a busy process delays them (by up to
 * 3 s: a slot is never held longer than 4 s). Slow replies thus lower the rate by themselves, from `limit / 1.05` a second down to
 * `limit / 4`, and quick ones raise it again.
 * Times are milliseconds of one monotonic clock.
 */
export function createSlidingWindow(limit: number): SlidingWindow {
  let slots: Slot[] = [];
  let meanHoldMs = WINDOW_MS;

  return {
    nextStartAt(now) {
      slots = slots.filter((slot) => freeAt(slot) > now);
      return slots.length < limit ? now : Math.min(...slots.map(freeAt));
    },
    start(now) {
      slots.push({ startedAt: now, endedAt: null });
    },
    end(now, durationMs) {
      const slot = slotStartedAt(slots, now - durationMs);
      if (slot) slot.endedAt = now;
      const holdMs = freeAt({ startedAt: now - durationMs, endedAt: now }) - (now - durationMs);
      meanHoldMs += MEAN_WEIGHT * (holdMs - meanHoldMs);
    },
    rate: () => (limit * 1_000) / meanHoldMs,
  };
}

function freeAt(slot: Slot): number {
  const latestArrival = slot.startedAt + LATEST_ARRIVAL_MS;
  return Math.max(
    slot.startedAt + WINDOW_MS,
    Math.min(slot.endedAt ?? latestArrival, latestArrival) + 1_000,
  );
}

/** The slot of the request that started about then; none if it was so slow that its slot is free again. */
function slotStartedAt(slots: Slot[], startedAt: number): Slot | undefined {
  const distance = (slot: Slot) => Math.abs(slot.startedAt - startedAt);
  const nearest = slots
    .filter((slot) => slot.endedAt === null)
    .sort((a, b) => distance(a) - distance(b))[0];
  return nearest && distance(nearest) < WINDOW_MS ? nearest : undefined;
}
