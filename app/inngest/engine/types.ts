import type { Pool } from "pg";

/** `message` last, as pino has it. */
export type EngineLogger = Record<
  "info" | "warn" | "error" | "debug",
  (fields: object, message: string) => void
>;

export type EngineOptions = {
  /** Pool of the database that has the tables of schema "engine". */
  pool: Pick<Pool, "query">;
  /** The only source of "now", in epoch milliseconds. */
  clock: { now(): number };
  /** Calls an app's serve handler; rejects only where a network request would. */
  transport: (request: Request) => Promise<Response>;
  /** Sent with every call of a serve handler. */
  headers?: Record<string, string>;
  logger: EngineLogger;
  /** Between 0 and 1; for the jitter of the backoff. */
  random?: () => number;
  /** A fixed delay in place of the backoff table. */
  retryIntervalMs?: number;
  /** Resolves after `ms` or when the signal is aborted. Default: a timer that does not keep the process alive. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Calls executed at a time, over all functions. Default 100, as the Inngest dev server. */
  maxCalls?: number;
  /** A worker that is silent for so long loses its calls to another. Default 30,000. */
  leaseMs?: number;
  /** No other process works on this database: leases left by a killed one are taken over at once, and nothing is polled. */
  exclusive?: boolean;
  /** `pg_notify` of this, in the transaction of every change of a run. */
  notify?: { channel: string; payload: string };
};

/** An event as it is sent. */
export type IncomingEvent = {
  name: string;
  data?: Record<string, unknown> | null;
  id?: string;
  /** Epoch milliseconds; a later one than now delays the runs. */
  ts?: number;
  v?: string;
  user?: Record<string, unknown>;
  meta?: Record<string, unknown> | null;
};

/** An event as a function receives it. */
export type EngineEvent = {
  name: string;
  data: Record<string, unknown>;
  user: Record<string, unknown>;
  id: string;
  ts: number;
  v?: string;
  /** Sessions that group runs. */
  meta?: { sessions: Record<string, string> };
};

/** What is put into a run's error, an attempt's error and a failed step's memo. */
export type JsonError = { name: string; message: string; stack?: string; cause?: unknown };

/** What an expression may look at: the event that triggered the run and, for waits and cancellations, the later one. */
export type ExpressionScope = { event: EngineEvent; async?: EngineEvent };

/** A compiled CEL expression. */
export type Expression = {
  /** As it was written. */
  text: string;
  /** True only where the value is `true`: a missing field or a wrong type is false, never an error. */
  test(scope: ExpressionScope): boolean;
  /** The value as JSON has it (numbers as numbers); undefined where it has none: a missing field, a wrong type. */
  value(scope: ExpressionScope): unknown;
};

export type Trigger =
  | { event: string; condition: Expression | null }
  /** Each tick starts its run up to `jitterMs` later. */
  | { cron: string; jitterMs?: number; next(after: Date): Date | null };

/** An emission interval and how many more than one may come at once (GCRA). */
export type Rate = { intervalMs: number; burst: number; key: Expression | null };

/** A registered function with its options. */
export type FunctionDefinition = {
  /** "app-function" */
  id: string;
  name: string;
  /** Address of the serve handler of its app. */
  appUrl: string;
  triggers: Trigger[];
  maxAttempts: number;
  /** At most two rules, as written. */
  concurrency: { limit: number; scope: "fn" | "env" | "account"; key: Expression | null }[];
  throttle: Rate | null;
  /** `idempotency` is one too: one in 24 hours per value. */
  rateLimit: Rate | null;
  debounce: { periodMs: number; timeoutMs: number | null; key: Expression | null } | null;
  batch: {
    maxSize: number;
    timeoutMs: number;
    key: Expression | null;
    condition: Expression | null;
  } | null;
  priority: Expression | null;
  singleton: { mode: "skip" | "cancel"; key: Expression | null } | null;
  startTimeoutMs: number | null;
  finishTimeoutMs: number | null;
  cancelOn: {
    event: string;
    condition: Expression | null;
    timeoutMs: number | null;
    /** Epoch ms, in place of `timeoutMs`. */
    until?: number;
  }[];
};

/** A run that waits for an event, to go on with it (`stepId`) or to be cancelled by it. */
export type NewPause = {
  eventName: string;
  /** CEL on `event` and `async`; null = any event of the name. */
  expression: string | null;
  /** Where the expression asks for `event.a.b == async.c.d`: the path on the later event ("c.d") and the JSON of the value it must have. */
  match: { path: string; value: string } | null;
  /** Epoch ms; null = never. */
  expiresAt: number | null;
};

/** A run that does not exist yet, with all that decides whether and when it comes into being. Times in epoch ms. */
export type NewRun = {
  /** ULID. */
  id: string;
  functionId: string;
  /** Ids of the accepted events that start it; empty for those that are not stored. */
  eventIds: string[];
  /** Name of its first event. */
  eventName: string;
  /** JSON array of its events, as the function receives them. */
  events: string;
  /** One run per function and key within 24 hours (the sender's event id, a cron tick's time); null = no such limit. */
  key: string | null;
  dueAt: number;
  /** How much earlier than its due time it is ranked among the runs that are ready. */
  priorityMs: number;
  /** Concurrency slots that each of its calls takes, at most two; how many may be taken is looked up at the claim. */
  slots: string[];
  /** Not created where this is over its rate. */
  rate: { key: string; intervalMs: number; burst: number } | null;
  /** Its first call waits until this rate allows it. */
  throttleKey: string | null;
  /** Events gather in one run that has not begun: only the last one (debounce), or all of them (batch). */
  gather:
    | { kind: "debounce"; key: string; periodMs: number; timeoutMs: number | null }
    | { kind: "batch"; key: string; maxSize: number; timeoutMs: number }
    | null;
  /** Not created while a run of the function with this key is active, or that run is cancelled. */
  singleton: { key: string; mode: "skip" | "cancel" } | null;
  startTimeoutMs: number | null;
  finishTimeoutMs: number | null;
  cancelOn: NewPause[];
  /** The step that invoked it. */
  parent: { runId: string; stepId: string } | null;
  /** The run that this one repeats. */
  originalRunId: string | null;
};

/** A claimed job with what a call of its function needs. */
export type ClaimedJob = {
  id: string;
  claims: number;
  /** "announce": its run has ended and whoever waits for that is to be told. */
  kind: "call" | "announce";
  runId: string;
  functionId: string;
  stepId: string;
  attempt: number;
  /** JSON array of the run's events. */
  events: string;
  version: number;
  planOnly: boolean;
  /** Steps that are planned, sleeping or waiting. */
  pending: number;
  /** Steps that are done. */
  stepCount: number;
  /** Bytes of the events and of all memos. */
  stateBytes: number;
  /** Members of the JSON object of memoised steps, in the order of completion, without the braces. */
  memos: string;
  /** Members of the JSON array of step ids in the order of completion, without the brackets. */
  stack: string;
  /** Only for "announce". */
  end: EndOfRun | null;
};

/** How a run ended; output and error are JSON. */
export type Outcome = {
  status: "completed" | "failed" | "cancelled";
  output: string | null;
  error: string | null;
};

/** How a run ended, and the step that invoked it. */
export type EndOfRun = Outcome & { parent: NewRun["parent"] };

/** A step that is done, with its memo (JSON, as the function receives it). */
export type DoneStep = { stepId: string; op: string; name: string; memo: string };

/** A step that is to be done later, or by others. */
export type PlannedStep = {
  stepId: string;
  op: string;
  name: string;
  /** JSON for people: until when it sleeps, what it waits for, what it invokes. */
  details: string | null;
  /** Its end alone leads to a discovery call, however many others are pending. */
  race: boolean;
} & (
  | { kind: "call" }
  | { kind: "sleep"; until: number }
  | { kind: "wait"; pause: NewPause; until: number }
  /** `run` null: the memo of its timeout is all that can come. `timeoutMemo`: JSON. */
  | { kind: "invoke"; run: NewRun; until: number | null; timeoutMemo: string }
);

/** A pending step of another run that can go on now. `pauseId` null: it was invoked. */
export type Resume = { pauseId: string | null; runId: string; stepId: string; memo: string };

/** What follows from events: the events to store, runs to start, steps to go on with, runs to cancel (by what `pauseId` waited for). */
export type Routed = {
  events: { id: string; name: string; event: string }[];
  runs: NewRun[];
  resumes: Resume[];
  cancels: { pauseId: string; runId: string }[];
};

/** What a finished (or, for `checkpoint`, still executing) job changes; applied as a whole, and only while its lease is held. */
export type Change = Routed & {
  job: ClaimedJob;
  /** The job goes on; its lease stays. */
  checkpoint: boolean;
  version: number;
  /** null = leave it. */
  planOnly: boolean | null;
  done: DoneStep[];
  planned: PlannedStep[];
  /** Go on with a discovery call once no step is pending, or at once where the done step was raced. */
  advance: boolean;
  retry: { dueAt: number; attempt: number } | null;
  end: Outcome | null;
  attempts: {
    stepId: string;
    name: string;
    number: number;
    startedAt: number;
    endedAt: number;
    /** JSON; null = completed. */
    error: string | null;
  }[];
};

export type EngineStats = {
  /** Jobs that could be executed now. */
  due: number;
  /** Jobs that wait for their time: sleeps, retries, future events, timeouts. */
  scheduled: number;
  /** Jobs that wait for a concurrency slot. */
  blocked: number;
  /** Jobs held by a worker. */
  executing: number;
};

export type Engine = {
  /**
   * Asks the app at `appUrl` for its functions (in-band sync). Replaces the app's earlier registration, or leaves it as it is and throws
   * where the app does not answer as an Inngest app or an option is malformed (all of it is listed by function and option).
   */
  register(appUrl: string): Promise<void>;
  /** Takes up the apps that an earlier process registered on this database. */
  restore(): Promise<void>;
  /** Begins to execute what is due. */
  start(): void;
  /** Claims nothing more, lets running calls finish for `graceMs` (default 10,000) and gives the others back. Sending fails afterwards. */
  stop(options?: { graceMs?: number }): Promise<void>;
  /** The HTTP interface of the Inngest server as a `fetch`; stands in for the network in `new Inngest({ isDev: true, baseUrl, fetch })`. */
  fetch: typeof fetch;
  /** Accepts events durably; throws `InvalidInputError` for what is not one. Gives back one id per event. */
  send(events: IncomingEvent | IncomingEvent[]): Promise<{ ids: string[] }>;
  /** Ends a run that has not ended; false = there is none such. */
  cancel(runId: string): Promise<boolean>;
  /** Starts a new run of the function with the same events; gives its id, null = no such run or function, or a singleton's run is active. */
  rerun(runId: string): Promise<string | null>;
  /** Time of the function's next cron tick; null = it has none. */
  nextRunOf(functionId: string): Date | null;
  stats(): Promise<EngineStats>;
  /** Executes everything that is due now and resolves when nothing is; works without `start()`. */
  drain(): Promise<void>;
  /** Removes at most `limit` runs that ended before the time, with their steps and attempts, and as many old events and keys. Counts by table. */
  prune(
    before: Date,
    limit: number,
  ): Promise<Record<"run" | "step" | "attempt" | "event" | "event_key", number>>;
};
