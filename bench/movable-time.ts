/** A clock that goes with the real one and can be moved ahead; what waits by it wakes then. */
export type MovableTime = {
  clock: { now(): number };
  wait(ms: number, signal: AbortSignal): Promise<void>;
  advance(ms: number): void;
};

/** What a timer takes at most. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createMovableTime(): MovableTime {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const waiting = new Set<() => void>();
  return {
    clock: { now },
    advance(ms) {
      ahead += ms;
      for (const look of waiting) look();
    },
    wait(ms, signal) {
      const until = now() + ms;
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiting.delete(look);
          signal.removeEventListener("abort", end);
          resolve();
        };
        const look = () => {
          if (now() >= until) end();
        };
        const timer = setTimeout(end, Math.min(ms, LONGEST_TIMER_MS));
        timer.unref();
        waiting.add(look);
        signal.addEventListener("abort", end);
        if (signal.aborted) end();
      });
    },
  };
}
