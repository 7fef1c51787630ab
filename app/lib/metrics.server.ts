import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Around the bar for a page (40 ms), and far enough up to see what hangs. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.04, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What is read at every scrape: help text and labels by name, without the prefix. A gauge that has no sample is not measured. */
const GAUGES = {
  database_up: ["1 while the database answers, 0 while it does not.", []],
  data_age_seconds: ["Time since the venue last answered a run of the job.", ["job"]],
  job_last_success_timestamp_seconds: [
    "Start of the job's newest completed run, in seconds since 1970.",
    ["job"],
  ],
  job_failing: ["1 while the job's newest run that did some work has failed.", ["job"]],
  job_paused: ["1 while a person has stopped the job's schedule.", ["job"]],
  dead_letters_open: ["Dead letters that are open, counted up to 10000.", []],
  notifications_unread: ["Notifications that nobody has read, counted up to 10000.", []],
  incidents_open: ["Incidents that are not over.", []],
  pacer_limit_requests_per_second: ["Request starts that the venue allows.", ["venue"]],
  pacer_rate_requests_per_second: [
    "Request starts that recent replies allow; below the limit while they are slow.",
    ["venue"],
  ],
  pacer_waiting_requests: ["Requests that wait for their turn.", ["venue", "priority"]],
  pacer_paused: ["1 while no request may start because of a 429 or an outage.", ["venue"]],
  queue_jobs: ["What the embedded job engine has to do, by state.", ["state"]],
  live_clients: ["Open pages that are told of changes.", []],
  pool_connections: ["Connections to the database, by pool and state.", ["pool", "state"]],
  pool_waiting_queries: ["Queries that wait for a connection.", ["pool"]],
} as const satisfies Record<string, readonly [help: string, labels: readonly string[]]>;

type GaugeName = keyof typeof GAUGES;

/** Values by gauge; one that is left out, or has none, is not measured. */
export type Figures = Partial<
  Record<GaugeName, { labels?: Record<string, string>; value: number }[]>
>;

/** How a run of an action ended; `duplicate`: another run has done its work or is at it. */
type RunEnd = "completed" | "failed" | "cancelled" | "duplicate";

type AnsweredRequest = {
  method: string;
  /** "/markets/:id" */
  route: string;
  /** Null = the client went away before the answer was complete. */
  status: number | null;
  durationMs: number;
};

export type Metrics = {
  contentType: string;
  runEnded(action: string, status: RunEnd): void;
  /** `request`: at one HTTP request; otherwise at a step as a whole. */
  attemptEnded(
    action: string,
    attempt: { request: string | null; status: string; code: string | null },
  ): void;
  requestAnswered(request: AnsweredRequest): void;
  queryWasSlow(pool: string): void;
  /** Everything in Prometheus's text format: what was counted since the start, and these figures. */
  render(figures: Figures): Promise<string>;
};

/**
 * The counters of one process, in a registry of their own.
 * @param options.process also the process's own figures (memory, CPU, event loop, garbage collection), which need timers
 */
export function createMetrics(options: { process: boolean } = { process: false }): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const counters = createCounters(registry);
  const gauges = createGauges(registry);
  return {
    contentType: registry.contentType,
    runEnded: (action, status) => counters.runs.inc({ action, status }),
    attemptEnded(action, { request, status, code }) {
      const kind = request === null ? "step" : "request";
      counters.attempts.inc({ action, kind, status });
      if (code) counters.errors.inc({ kind, code });
    },
    requestAnswered({ method, route, status, durationMs }) {
      const answer = status === null ? "aborted" : `${Math.floor(status / 100)}xx`;
      counters.requests.observe({ method, route, status: answer }, durationMs / 1000);
    },
    queryWasSlow: (pool) => counters.slowQueries.inc({ pool }),
    render(figures) {
      // In one go, so that a scrape at the same time sees all of one set.
      for (const [name, gauge] of gauges) {
        gauge.reset();
        // Resetting leaves a gauge without labels at 0.
        if (GAUGES[name][1].length === 0) gauge.remove();
        for (const { labels = {}, value } of figures[name] ?? []) gauge.set(labels, value);
      }
      return registry.metrics();
    },
  };
}

function createCounters(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `opinion_scope_${name}`, help, labelNames, registers });
  return {
    runs: counter("runs_total", "Runs of jobs that ended in this process, by how.", [
      "action",
      "status",
    ]),
    attempts: counter("attempts_total", "Attempts at steps and at the requests in them.", [
      "action",
      "kind",
      "status",
    ]),
    errors: counter("errors_total", "Attempts that failed, by error code.", ["kind", "code"]),
    slowQueries: counter("slow_queries_total", "Queries that took longer than SLOW_QUERY_MS.", [
      "pool",
    ]),
    requests: new Histogram({
      name: "opinion_scope_http_request_duration_seconds",
      help: "From the arrival of a request to the end of its answer; event streams are left out.",
      labelNames: ["method", "route", "status"],
      buckets: REQUEST_BUCKETS,
      registers,
    }),
  };
}

function createGauges(registry: Registry): Map<GaugeName, Gauge> {
  const names = Object.keys(GAUGES) as GaugeName[];
  return new Map(
    names.map((name) => {
      const [help, labelNames] = GAUGES[name];
      const options = { name: `opinion_scope_${name}`, help, labelNames: [...labelNames] };
      return [name, new Gauge<string>({ ...options, registers: [registry] })];
    }),
  );
}
