import { setImmediate } from "node:timers/promises";
import { compileExpression, matchOf, matchValue } from "../registration/expressions.ts";
import type { FunctionsFor } from "../registration/triggers.ts";
import type { EngineEvent, NewRun, Routed } from "../types.ts";
import { newRun } from "./new-run.ts";

/** So many expressions are evaluated before other work of the process gets its turn. */
const EVALUATIONS_AT_ONCE = 5000;

/** An event on its way to functions and waiting runs. */
export type RoutableEvent = {
  /** ULID under which it is stored and listed. */
  id: string;
  /** The sender's own id: one run per function and key. */
  key: string | null;
  event: EngineEvent;
};

/** A waiting run that one of the events could wake or cancel, as far as name, match and expiry tell. */
export type PauseRow = {
  id: string;
  runId: string;
  /** null = the event cancels the run. */
  stepId: string | null;
  eventName: string;
  expression: string | null;
  /** JSON array of the waiting run's own events. */
  events: string;
};

type RoutingDeps = {
  functionsFor: FunctionsFor;
  /** A pause may be given once per event that could end it. */
  pauses(events: EngineEvent[]): Promise<PauseRow[]>;
  /** Epoch ms. */
  now: number;
};

type Pause = PauseRow & { order: number; own: EngineEvent[] };

/** The pauses of one event name, found by the value they ask for where they ask for one. */
type PauseIndex = { others: Pause[]; byPath: Map<string, Map<string, Pause[]>> };

function indexPauses(rows: PauseRow[]): Map<string, PauseIndex> {
  const names = new Map<string, PauseIndex>();
  const distinct = new Map(rows.map((row) => [row.id, row]));
  for (const [order, row] of [...distinct.values()].entries()) {
    const pause: Pause = { ...row, order, own: JSON.parse(row.events) as EngineEvent[] };
    const index: PauseIndex = names.get(row.eventName) ?? { others: [], byPath: new Map() };
    names.set(row.eventName, index);
    const [first] = pause.own;
    const match = row.expression === null || !first ? null : matchOf(row.expression, first);
    if (match === null) {
      index.others.push(pause);
      continue;
    }
    const values = index.byPath.get(match.path) ?? new Map<string, Pause[]>();
    index.byPath.set(match.path, values);
    const same = values.get(match.value);
    if (same) same.push(pause);
    else values.set(match.value, [pause]);
  }
  return names;
}

/** An event that is sent again must not meet the run that it has started. */
const isOwn = (pause: Pause, event: EngineEvent) =>
  pause.own.some(({ id, name }) => id === event.id && name === event.name);

function pausesOf(index: PauseIndex | undefined, event: EngineEvent): Pause[] {
  if (!index) return [];
  const found = [...index.byPath].flatMap(([path, values]) => {
    const value = matchValue(event, path.split("."));
    return value === null ? [] : (values.get(value) ?? []);
  });
  return [...index.others, ...found]
    .filter((pause) => {
      const [first] = pause.own;
      if (isOwn(pause, event)) return false;
      if (pause.expression === null) return true;
      return first && compileExpression(pause.expression).test({ event: first, async: event });
    })
    .sort((a, b) => a.order - b.order);
}

async function routePauses(
  incoming: RoutableEvent[],
  rows: PauseRow[],
): Promise<Pick<Routed, "resumes" | "cancels">> {
  const names = indexPauses(rows);
  const used = new Set<string>();
  const cancelled = new Set<string>();
  const resumes: Routed["resumes"] = [];
  const cancels: Routed["cancels"] = [];
  let evaluations = 0;
  const isOver = ({ id, runId }: Pause) => used.has(id) || cancelled.has(runId);
  for (const { event } of names.size > 0 ? incoming : []) {
    const index = names.get(event.name);
    evaluations += index?.others.length ?? 0;
    if (evaluations > EVALUATIONS_AT_ONCE) {
      evaluations = 0;
      await setImmediate();
    }
    const pauses = pausesOf(index, event).filter((pause) => !isOver(pause));
    for (const { id, runId, stepId } of pauses) {
      if (stepId !== null || cancelled.has(runId)) continue;
      cancelled.add(runId);
      cancels.push({ pauseId: id, runId });
    }
    for (const { id, runId, stepId } of pauses) {
      if (stepId === null || cancelled.has(runId)) continue;
      used.add(id);
      resumes.push({ pauseId: id, runId, stepId, memo: JSON.stringify(event) });
    }
    if (index && pauses.length > 0) index.others = index.others.filter((pause) => !isOver(pause));
  }
  return { resumes, cancels };
}

function routeRuns(incoming: RoutableEvent[], deps: RoutingDeps): NewRun[] {
  const keys = new Set<string>();
  return incoming.flatMap(({ id, key, event }) =>
    deps.functionsFor(event).flatMap((definition) => {
      const run = newRun(definition, [event], { now: deps.now, eventIds: [id], key });
      if (run.key === null) return [run];
      const place = `${run.functionId} ${run.key}`;
      if (keys.has(place)) return [];
      keys.add(place);
      return [run];
    }),
  );
}

/**
 * What follows from events, in their order: the runs they start, the waiting steps they wake (each once, with the bare event as the
 * memo) and the runs they cancel. Of several events with the sender's same id only the first starts a run of a function. A run is
 * neither woken nor cancelled by the event that started it, and not woken by one that cancels it.
 */
export async function route(incoming: RoutableEvent[], deps: RoutingDeps): Promise<Routed> {
  const rows = incoming.length > 0 ? await deps.pauses(incoming.map(({ event }) => event)) : [];
  return {
    events: incoming.map(({ id, event }) => ({
      id,
      name: event.name,
      event: JSON.stringify(event),
    })),
    runs: routeRuns(incoming, deps),
    ...(await routePauses(incoming, rows)),
  };
}
