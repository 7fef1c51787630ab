import { formatCount } from "~/lib/format.ts";
import type { SyncItem } from "./queries.server.ts";
import type { StepItem } from "./steps.server.ts";

/** A step that has not reported when its run closed is over too; one that is open waits, is at work, or is to be tried again. */
export function stepStatus(step: StepItem, run: Pick<SyncItem, "status">): string {
  if (step.status !== "running") return step.status;
  if (run.status !== "running") return "incomplete";
  if (step.startedAt === null) return "waiting";
  return step.errorCode === null ? "running" : "retrying";
}

const FIGURES = [
  { name: "requests", one: "request", many: "requests" },
  { name: "pages", one: "page", many: "pages" },
  { name: "fetched", one: "fetched", many: "fetched" },
  { name: "created", one: "new", many: "new" },
  { name: "updated", one: "updated", many: "updated" },
  { name: "duplicate", one: "duplicate", many: "duplicate" },
  { name: "quarantined", one: "quarantined", many: "quarantined" },
] as const;

/** Figures of a step: one, or (`value` null) words alone. */
type FigureWords = { value: string | null; words: string };

/**
 * What a step cost and brought: what there is, then what there is not. A step that is open reports at its end: until then what is 0 is
 * not known.
 */
export function figureWords(step: StepItem, run: Pick<SyncItem, "status">): FigureWords[] {
  const known = FIGURES.flatMap(({ name, one, many }) => {
    const value = step[name];
    return value ? [{ value: formatCount(value), words: value === 1 ? one : many }] : [];
  });
  if (step.status === "running") {
    if (known.length > 0) return known;
    const words = run.status === "running" ? "not reported yet" : "never reported";
    return [{ value: null, words }];
  }
  const none = FIGURES.filter(({ name }) => !step[name]).map(({ name, many }) =>
    step[name] === null ? `${many} not recorded` : `0 ${many}`,
  );
  return none.length > 0 ? [...known, { value: null, words: none.join(", ") }] : known;
}
