import type { Pool } from "pg";

/** `message` last, as pino has it. */
type EngineLogger = Record<
  "info" | "warn" | "error" | "debug",
  (fields: object, message: string) => void
>;

export type EngineOptions = {
  /** Pool of the database that has the tables of schema "engine". */
  pool: Pick<Pool, "query">;
  /** The only source of "now", in epoch milliseconds. */
  clock: { now(): number };
  /** Calls the app's serve handler; rejects only where a network request would. */
  transport: (request: Request) => Promise<Response>;
  /** Address of the serve handler, e.g. "http://engine.local/api/inngest". */
  serveUrl: string;
  /** Sent with every call of the serve handler. */
  headers?: Record<string, string>;
  logger: EngineLogger;
  /** Between 0 and 1; for the jitter of the backoff. */
  random?: () => number;
  /** A fixed delay in place of the backoff table. */
  retryIntervalMs?: number;
  /** Resolves after `ms` or when the signal is aborted. Default: a timer that does not keep the process alive. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Calls executed at a time, over all functions. Default 20. */
  maxCalls?: number;
  /** A worker that is silent for so long loses its calls to another. Default 30,000. */
  leaseMs?: number;
  /** No other process works on this database: leases left by a killed one are taken over at once, and nothing is polled. */
  exclusive?: boolean;
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
};

/** An event as a function receives it. */
export type EngineEvent = {
  name: string;
  data: Record<string, unknown>;
  user: Record<string, unknown>;
  id: string;
  ts: number;
  v?: string;
};

/** What is put into a run's error, an attempt's error and a failed step's memo. */
export type JsonError = { name: string; message: string; stack?: string; cause?: unknown };

export type Trigger =
  | { event: string; onlyFunctionId: string | null }
  | { cron: string; next(after: Date): Date | null };

/** A registered function with the options the engine supports. */
export type FunctionDefinition = {
  /** "app-function" */
  id: string;
  triggers: Trigger[];
  maxAttempts: number;
  /** Calls executed at a time, over all processes; null = no limit. */
  concurrency: number | null;
  startTimeoutMs: number | null;
  finishTimeoutMs: number | null;
};

/** A run that does not exist yet. */
export type NewRun = {
  id: string;
  functionId: string;
  /** Of the accepted event; null for the engine's own events. */
  eventId: string | null;
  /** One run per function and key within 24 hours; null = no such limit. */
  key: string | null;
  /** JSON array. */
  events: string;
  dueAt: number;
  finishAfterMs: number | null;
  startBy: number | null;
};

/** A claimed job with what a call of its function needs. */
export type ClaimedJob = {
  id: string;
  claims: number;
  kind: "call" | "sleep" | "timeout";
  runId: string;
  functionId: string;
  stepId: string;
  attempt: number;
  /** JSON array of the run's events. */
  events: string;
  version: number;
  planOnly: boolean;
  pending: number;
  stepCount: number;
  started: boolean;
  ended: boolean;
  /** Members of the JSON object of memoised steps, in the order of completion, without the braces. */
  memos: string;
  /** Members of the JSON array of step ids in the order of completion, without the brackets. */
  stack: string;
};

export type PlannedStep = {
  stepId: string;
  op: string;
  name: string;
  kind: "call" | "sleep";
  dueAt: number;
};

/** What a finished job changes; applied as a whole, and only while its lease is held. */
export type Change = {
  job: ClaimedJob;
  version: number;
  /** null = leave it. */
  planOnly: boolean | null;
  /** The step that is done now. */
  step: { stepId: string; op: string; name: string; memo: string } | null;
  planned: PlannedStep[];
  /** Go on with a discovery call once no step is pending. */
  advance: boolean;
  retry: { dueAt: number; attempt: number } | null;
  end: {
    status: "completed" | "failed" | "cancelled";
    output: string | null;
    error: string | null;
  } | null;
  attempt: { stepId: string; name: string; startedAt: number; error: string | null } | null;
  /** Runs that the end of this one starts. */
  runs: NewRun[];
};

export type EngineStats = {
  /** Jobs that could be executed now. */
  due: number;
  /** Jobs that wait for their time: sleeps, retries, future events, timeouts. */
  scheduled: number;
  /** Jobs held by a worker. */
  executing: number;
};

export type Engine = {
  /**
   * Asks the app for its functions (in-band sync). Replaces the earlier registration, or leaves it as it is and throws where the app
   * does not answer as an Inngest app or a function uses what the engine does not support (all of it is listed by function and option).
   */
  register(): Promise<void>;
  /** Begins to execute what is due. */
  start(): void;
  /** Claims nothing more, lets running calls finish for `graceMs` (default 10,000) and gives the others back. Sending fails afterwards. */
  stop(options?: { graceMs?: number }): Promise<void>;
  /** Stands in for the network in `new Inngest({ isDev: true, baseUrl: "http://engine.local", fetch })`. */
  fetch: typeof fetch;
  /** Accepts events durably; throws `InvalidEventError` for what is not one. Gives back one id per event. */
  send(events: IncomingEvent | IncomingEvent[]): Promise<{ ids: string[] }>;
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
