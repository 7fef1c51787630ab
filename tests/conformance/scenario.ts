import type { Inngest, InngestFunction } from "inngest";

/** An event as it is posted to `/e/:key`. */
type OutEvent = {
  name: string;
  data?: Record<string, unknown>;
  id?: string;
  ts?: number;
};

/** What a scenario's own code gets to work with. All times are the engine's. */
export type ScenarioContext = {
  client: Inngest;
  /** Name of an event of this execution. */
  ev(name: string): string;
  /** The full id ("app-fn") of a function of this scenario. */
  fullId(fn: string): string;
  /** Appends to the log of side effects. Order counts within a lane only; default lane: "". */
  log(name: string, data?: Record<string, unknown>, lane?: string): void;
  /** How often a name is in the log. */
  count(name: string): number;
  /** Runs of a function whose final reply has been given. */
  ended(fn: string): number;
  /** Stands for real work inside a step. */
  work(ms: number): Promise<void>;
  /** Lets time pass between two events. */
  wait(ms: number): Promise<void>;
  /** Lets time pass until a condition holds, at most `ms`; false = it never held. */
  until(condition: () => boolean, ms: number): Promise<boolean>;
  /** Posts events in one request and gives back the ids in the answer; throws where the event API refuses them. */
  send(events: OutEvent | OutEvent[]): Promise<string[]>;
  now(): number;
};

/** Time between two entries of the log (n-th use of the name, from 0), and the range in ms in which it must be. */
type Timing = {
  name: string;
  from: [log: string, nth: number];
  to: [log: string, nth: number];
  min: number;
  max: number;
};

/** A few functions, what is sent to them and how long to watch. What must come out is not written here but recorded. */
export type Scenario = {
  name: string;
  /** The rule, in plain words. */
  shows: string;
  functions(c: ScenarioContext): InngestFunction.Any[];
  drive(c: ScenarioContext): Promise<unknown>;
  /** The scenario is over when so many runs of each function have ended … */
  done?: Record<string, number>;
  /** … and this holds too. */
  until?(c: ScenarioContext): boolean;
  /** Longest wait for `done` and `until`. */
  maxMs: number;
  /** Time to go on watching afterwards, for things that must not happen. */
  settleMs: number;
  /** "fast" (the default): a fixed delay of 1 s before a retry. "default": the engine's own backoff. */
  retry?: "fast" | "default";
  /** Compare the calls too: in this order, or as a set. */
  calls?: "ordered" | "set";
  timings?: Timing[];
};
