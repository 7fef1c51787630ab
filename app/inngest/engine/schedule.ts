import { newRun } from "./events.ts";
import type { EngineEvent, FunctionDefinition, NewRun } from "./types.ts";

type Entry = {
  functionId: string;
  cron: string;
  next: Date | null;
  after(time: Date): Date | null;
};

/** The cron ticks of the registered functions. Ticks that passed while nobody looked are not caught up, but for the last of them. */
export function createSchedule(functions: Iterable<FunctionDefinition>, now: number) {
  const definitions = new Map([...functions].map((definition) => [definition.id, definition]));
  const entries: Entry[] = [...definitions.values()].flatMap((definition) =>
    definition.triggers.flatMap((trigger) =>
      "cron" in trigger
        ? [
            {
              functionId: definition.id,
              cron: trigger.cron,
              next: trigger.next(new Date(now)),
              after: trigger.next,
            },
          ]
        : [],
    ),
  );

  function tick(entry: Entry, at: number): NewRun | null {
    const definition = definitions.get(entry.functionId);
    let scheduled = entry.next;
    if (!definition || scheduled === null || scheduled.getTime() > at) return null;
    for (let later: Date | null = scheduled; later && later.getTime() <= at; ) {
      scheduled = later;
      later = entry.after(later);
      entry.next = later;
    }
    const id = scheduled.toISOString().replace(".000Z", "Z");
    const event: EngineEvent = {
      name: "inngest/scheduled.timer",
      data: { cron: entry.cron, scheduledAt: id, fireAt: new Date(at).toISOString() },
      user: {},
      id,
      ts: at,
    };
    return newRun(definition, event, { eventId: null, key: id, now: at });
  }

  return {
    /** The runs that are due; each tick is given out once. The time of the tick is the run's key. */
    take(at: number): NewRun[] {
      const seen = new Set<string>();
      return entries
        .map((entry) => tick(entry, at))
        .filter((run) => run !== null)
        .filter((run) => {
          const place = `${run.functionId} ${run.key}`;
          return !seen.has(place) && seen.add(place);
        });
    },
    /** Epoch ms of the next tick of one function or of all; null = none. */
    next(functionId?: string): number | null {
      const times = entries
        .filter((entry) => functionId === undefined || entry.functionId === functionId)
        .flatMap((entry) => (entry.next ? [entry.next.getTime()] : []));
      return times.length > 0 ? Math.min(...times) : null;
    },
  };
}
