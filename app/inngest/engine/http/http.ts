import { z } from "zod";
import type { Checkpoints } from "../checkpoint.ts";
import type { Apps } from "../registration/apps.ts";
import type { Engine, EngineLogger, FunctionDefinition, Trigger } from "../types.ts";
import { readJson, readPage, readTime, ulidOf } from "./http-input.ts";
import { InvalidInputError, messageOf } from "./invalid-input.ts";
import type { Reads } from "./reads.ts";

/** What the HTTP interface does the work with. */
export type Intake = Pick<Engine, "cancel" | "rerun"> &
  Pick<Apps, "registerFunctions"> & {
    /** Epoch ms. */
    now(): number;
    logger: EngineLogger;
    /** Accepts what was posted to the event API; throws `InvalidInputError` for what is not an event. */
    send(body: unknown, seed: string | null): Promise<{ ids: string[] }>;
    removeApp: Apps["remove"];
    functions(): Iterable<FunctionDefinition>;
    checkpoint: Checkpoints["post"];
    reads: Reads;
  };

type Call = { request: Request; query: URLSearchParams; id: string };
type Route = [method: string, path: RegExp, answer: (call: Call) => Promise<Response> | Response];

const registrationSchema = z.looseObject({
  url: z.url({ protocol: /^https?$/, error: "url: the address of the app's serve handler" }),
  appName: z.string("appName: the app's id").min(1, "appName: the app's id"),
  functions: z.array(z.unknown(), "functions: a list"),
});

/** What an unchanged SDK may ask an Inngest server for and this engine refuses by name, in place of an answer that misleads the SDK. */
const UNSUPPORTED: [path: RegExp, what: string][] = [
  [/^\/v1\/signals$/, "signals (step.sendSignal, step.waitForSignal)"],
  [/^\/v1\/realtime\/(token|sse|connect)$/, "realtime subscriptions"],
  [/^\/v1\/checkpoint(\/[^/]+\/steps)?$/, "durable endpoints"],
  [/^\/v1\/http\/runs\//, "durable endpoints"],
  [/^\/v1\/runs\/[^/]+\/metadata$/, "run metadata"],
  [/^\/v0\/connect\//, "connect; serve the functions over HTTP"],
  [/^\/v0\/runs\//, "fetching a run's steps and events; they are in every call"],
];

const refuse = (status: number, error: string) => Response.json({ status, error }, { status });

const viewTrigger = (trigger: Trigger) =>
  "cron" in trigger
    ? { cron: trigger.cron }
    : {
        event: trigger.event,
        ...(trigger.condition ? { expression: trigger.condition.text } : {}),
      };

function viewFunction({ id, name, appUrl, triggers }: FunctionDefinition) {
  return { id, name, url: appUrl, triggers: triggers.map(viewTrigger) };
}

/**
 * The Inngest server's HTTP interface as a `fetch`: the event API, the read API (`/v1/events`, `/v1/runs`), cancelling and running again,
 * and what the SDK itself uses (`/fn/register`, checkpoints, `/dev`). Keys are not looked at: who may call is for the server in front of
 * it to decide. Errors are `{ status, error }`; anything unknown is a 404.
 */
export function createFetch(intake: Intake): typeof fetch {
  const { reads, logger } = intake;

  const wrapped = (data: unknown, status = 200, more: object = {}) =>
    Response.json(
      {
        data,
        metadata: { fetched_at: new Date(intake.now()).toISOString(), cached_until: null, ...more },
      },
      { status, headers: { "cache-control": "no-store" } },
    );

  const listed = (rows: unknown[], limit: number, last: string | undefined) =>
    wrapped(rows, 200, { next_cursor: (rows.length === limit && last) || null });

  async function takeEvents({ request }: Call): Promise<Response> {
    const body = await readJson(request);
    const { ids } = await intake.send(body, request.headers.get("x-inngest-event-id-seed"));
    return Response.json({ ids, status: 200 });
  }

  async function register({ request }: Call): Promise<Response> {
    const parsed = registrationSchema.safeParse(await readJson(request));
    if (!parsed.success) {
      throw new InvalidInputError(
        `the body is not a registration: ${parsed.error.issues.map(({ message }) => message).join("; ")}`,
      );
    }
    const { url, appName: appId, functions } = parsed.data;
    await intake.registerFunctions({ url, appId, functions });
    return Response.json({ ok: true, modified: true });
  }

  async function remove({ query }: Call): Promise<Response> {
    const url = query.get("url");
    if (!url) throw new InvalidInputError("name the app to remove: ?url=");
    const removed = await intake.removeApp(url);
    return removed ? Response.json({ ok: true }) : refuse(404, `no app is registered at ${url}`);
  }

  async function listEvents({ query }: Call): Promise<Response> {
    const filter = {
      ...readPage(query, 20),
      name: query.get("name") || null,
      receivedAfter: readTime(query, "received_after"),
      receivedBefore: readTime(query, "received_before"),
    };
    const events = await reads.events(filter);
    return listed(events, filter.limit, events.at(-1)?.internal_id);
  }

  async function listRuns({ query, id }: Call): Promise<Response> {
    const { limit, cursor } = readPage(query, 100);
    const runs = await reads.runsOfEvent(ulidOf(id, "event"), { limit, cursor });
    return listed(runs, limit, runs.at(-1)?.run_id);
  }

  async function getEvent({ id }: Call): Promise<Response> {
    const event = await reads.event(ulidOf(id, "event"));
    return event ? wrapped(event) : refuse(404, `there is no event ${id} (any more)`);
  }

  const noRun = (id: string) => refuse(404, `there is no run ${id} (any more)`);

  async function getRun({ id }: Call): Promise<Response> {
    const run = await reads.run(ulidOf(id, "run"));
    return run ? wrapped(run) : noRun(id);
  }

  /** To cancel what is cancelled already is no fault: the answer to the first request may have been lost. */
  async function cancel({ id }: Call): Promise<Response> {
    const cancelled = await intake.cancel(ulidOf(id, "run"));
    const status = cancelled ? "Cancelled" : await reads.statusOf(id);
    if (status === null) return noRun(id);
    if (status === "Cancelled") return wrapped({ run_id: id, status });
    return refuse(409, `run ${id} cannot be cancelled: it is ${status}`);
  }

  async function rerun({ id }: Call): Promise<Response> {
    const runId = await intake.rerun(ulidOf(id, "run"));
    if (runId !== null) return wrapped({ run_id: runId, original_run_id: id }, 201);
    const run = await reads.run(id);
    if (!run) return noRun(id);
    const { function_id } = run;
    return [...intake.functions()].some((definition) => definition.id === function_id)
      ? refuse(409, `run ${id} was not run again: a run of the singleton ${function_id} is active`)
      : refuse(409, `the function of run ${id} is not registered: start its app and register it`);
  }

  async function checkpoint({ request, id }: Call): Promise<Response> {
    const { status, error } = await intake.checkpoint(ulidOf(id, "run"), await readJson(request));
    return error === undefined ? Response.json({ status }, { status }) : refuse(status, error);
  }

  const routes: Route[] = [
    ["POST", /^\/e\/[^/]+$/, takeEvents],
    ["GET", /^\/v1\/events$/, listEvents],
    ["GET", /^\/v1\/events\/([^/]+)$/, getEvent],
    ["GET", /^\/v1\/events\/([^/]+)\/runs$/, listRuns],
    ["GET", /^\/v1\/runs\/([^/]+)$/, getRun],
    ["DELETE", /^\/v1\/runs\/([^/]+)$/, cancel],
    ["POST", /^\/v1\/runs\/([^/]+)\/cancel$/, cancel],
    ["POST", /^\/v1\/runs\/([^/]+)\/rerun$/, rerun],
    ["POST", /^\/v1\/checkpoint\/([^/]+)\/async$/, checkpoint],
    ["POST", /^\/fn\/register$/, register],
    ["DELETE", /^\/fn\/remove$/, remove],
    [
      "GET",
      /^\/dev$/,
      () => Response.json({ functions: [...intake.functions()].map(viewFunction) }),
    ],
    ["GET", /^\/health$/, () => Response.json({ status: 200, message: "OK" })],
    // Nobody can subscribe, so what is published reaches nobody; traces are not kept.
    ["POST", /^\/v1\/(realtime\/publish(\/tee)?|traces\/userland)$/, () => Response.json({})],
  ];

  async function answer(request: Request): Promise<Response> {
    const { pathname, searchParams: query } = new URL(request.url);
    const asked = request.method === "HEAD" ? "GET" : request.method;
    for (const [method, path, respond] of routes) {
      const match = method === asked ? path.exec(pathname) : null;
      if (match) return respond({ request, query, id: match[1] ?? "" });
    }
    const unsupported = UNSUPPORTED.find(([path]) => path.test(pathname));
    if (unsupported) return refuse(501, `the embedded engine does not support ${unsupported[1]}`);
    return refuse(404, `the embedded engine has no ${request.method} ${pathname}`);
  }

  return async (input, init) => {
    const request = new Request(input, init);
    try {
      return await answer(request);
    } catch (error) {
      if (error instanceof InvalidInputError) return refuse(error.status, error.message);
      logger.error({ err: error, url: request.url }, "An engine request failed");
      return refuse(503, messageOf(error));
    }
  };
}
