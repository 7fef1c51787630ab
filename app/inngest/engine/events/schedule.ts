import { createHash } from "node:crypto";
import type { EngineEvent, FunctionDefinition, NewRun } from "../types.ts";
import { newRun, TIMER_EVENT } from "./new-run.ts";

const MINUTE_MS = 60_000;
const MAX_UINT32 = 0xffff_ffff;

type Entry = {
  definition: FunctionDefinition;
  cron: string;
  jitterMs: number;
  next: Date | null;
  after(time: Date): Date | null;
};

/** A part of `limitMs` that is the same for a tick whoever asks. */
function jitter(tick: string, limitMs: number): number {
  if (limitMs === 0) return 0;
  const share = createHash("sha1").update(tick).digest().readUInt32BE() / MAX_UINT32;
  return Math.floor(share * limitMs);
}

/** The last tick that is not later than `at`; `first` is one, too. */
function lastTick(after: Entry["after"], first: Date, at: number): Date {
  let back = MINUTE_MS;
  const isEmpty = (from: number) => (after(new Date(from))?.getTime() ?? at + 1) > at;
  while (at - back > first.getTime() && isEmpty(at - back)) back *= 2;
  let tick = at - back > first.getTime() ? after(new Date(at - back)) : first;
  for (let later = tick; later && later.getTime() <= at; later = after(later)) tick = later;
  return tick ?? first;
}

function runOf({ definition, cron, jitterMs }: Entry, tick: Date, at: number): NewRun {
  const id = tick.toISOString().replace(".000Z", "Z");
  const event: EngineEvent = {
    name: TIMER_EVENT,
    data: { cron, scheduledAt: id, fireAt: new Date(at).toISOString() },
    user: {},
    id,
    ts: at,
  };
  const run = newRun(definition, [event], { now: at, eventIds: [], key: id });
  return { ...run, dueAt: run.dueAt + jitter(`${definition.id} ${id}`, jitterMs) };
}

/**
 * The cron ticks of the registered functions; times in epoch ms. Ticks that passed while nobody looked are not caught up, but for the
 * last of them.
 */
export function createSchedule(functions: Iterable<FunctionDefinition>, now: number) {
  let entries = new Map<string, Entry>();
  let earliest: number | null = null;

  function earliestOf(some: Iterable<Entry>): number | null {
    let time: number | null = null;
    for (const { next } of some) {
      if (next && (time === null || next.getTime() < time)) time = next.getTime();
    }
    return time;
  }

  /** Takes over a new registration; a cron that stays neither loses nor repeats a tick. */
  function replace(definitions: Iterable<FunctionDefinition>, at: number): void {
    const known = entries;
    entries = new Map();
    for (const definition of definitions) {
      for (const trigger of definition.triggers) {
        if (!("cron" in trigger)) continue;
        const { cron, jitterMs = 0, next: after } = trigger;
        const place = `${definition.id} ${cron}`;
        const old = known.get(place);
        const next = old ? old.next : after(new Date(at));
        entries.set(place, { definition, cron, jitterMs, next, after });
      }
    }
    earliest = earliestOf(entries.values());
  }

  replace(functions, now);

  return {
    replace,
    /** The runs that are due; each tick is given out once. The time of the tick is the run's key. */
    take(at: number): NewRun[] {
      if (earliest === null || earliest > at) return [];
      const runs = new Map<string, NewRun>();
      const ticks = new Map<string, { tick: Date; next: Date | null }>();
      for (const entry of entries.values()) {
        const { cron, next: first, after } = entry;
        if (!first || first.getTime() > at) continue;
        const same = `${first.getTime()} ${cron}`;
        const tick = ticks.get(same)?.tick ?? lastTick(after, first, at);
        entry.next = ticks.get(same)?.next ?? after(tick);
        ticks.set(same, { tick, next: entry.next });
        const place = `${entry.definition.id} ${tick.getTime()}`;
        if (!runs.has(place)) runs.set(place, runOf(entry, tick, at));
      }
      earliest = earliestOf(entries.values());
      return [...runs.values()];
    },
    /** Time of the next tick of one function or of all; null = none. */
    next(functionId?: string): number | null {
      if (functionId === undefined) return earliest;
      return earliestOf(
        [...entries.values()].filter(({ definition }) => definition.id === functionId),
      );
    },
  };
}
