import { createHash } from "node:crypto";
import type { ClaimedJob, EngineOptions, FunctionDefinition } from "./types.ts";

/** Longest time a call may take, as on the Inngest server. */
const CALL_LIMIT_MS = 2 * 3_600_000;

/** What came back from a call of the app. `body` is parsed JSON, or the text where it is not JSON. */
export type Reply =
  | {
      kind: "answer";
      status: number;
      /** The reply is the SDK's, not that of something before it. */
      fromSdk: boolean;
      noRetry: boolean;
      retryAfter: string | null;
      version: number | null;
      bytes: number;
      body: unknown;
    }
  | { kind: "unreachable"; error: unknown };

type CallOptions = Pick<EngineOptions, "transport" | "headers">;

/** A UUID that stays the same for a function's id, in the form that version 5 has (RFC 9562). The SDK only hands it back. */
export function functionUuid(functionId: string): string {
  const hash = createHash("sha1").update(functionId).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * JSON body of a call. Built from texts, because events and memos are stored as they go out. It always holds the whole state: the server's
 * way for bodies above 4 MB, to have the SDK fetch it by `use_api`, saves nothing where both are on one machine.
 */
function callBody(job: ClaimedJob, definition: FunctionDefinition, requestId: string): string {
  const ctx = {
    run_id: job.runId,
    // With it the SDK executes one step after the other in one call and sends each result by a checkpoint.
    fn_id: functionUuid(job.functionId),
    attempt: job.attempt,
    max_attempts: definition.maxAttempts,
    disable_immediate_execution: job.planOnly,
    use_api: false,
    step_id: job.stepId,
    env: "",
    qi_id: job.id,
    job_id: job.id,
    request_id: requestId,
    generation_id: job.claims,
  };
  const event = JSON.stringify((JSON.parse(job.events) as unknown[])[0]);
  return (
    `{"version":${job.version},"event":${event},"events":${job.events},"steps":{${job.memos}},"defers":{},"use_api":false,` +
    `"ctx":${JSON.stringify(ctx).slice(0, -1)},"stack":{"stack":[${job.stack}],"current":${job.stepCount}}}}`
  );
}

function callRequest(
  options: CallOptions,
  job: ClaimedJob,
  definition: FunctionDefinition,
  requestId: string,
  signal: AbortSignal,
): Request {
  const url = new URL(definition.appUrl);
  url.searchParams.set("fnId", job.functionId);
  url.searchParams.set("stepId", job.stepId);
  return new Request(url, {
    method: "POST",
    headers: {
      ...options.headers,
      "content-type": "application/json",
      host: url.host,
      "x-run-id": job.runId,
      "x-request-id": requestId,
      "x-inngest-job-id": job.id,
      "x-inngest-step-id": job.stepId,
      "x-inngest-req-version": String(job.version),
      "x-inngest-generation-id": String(job.claims),
    },
    body: callBody(job, definition, requestId),
    signal,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Status, headers and body that a streamed reply ends with, after the blanks that keep its connection open. */
function unwrapStream(body: unknown): { status: number; headers: Headers; body: unknown } | null {
  if (typeof body !== "object" || body === null) return null;
  const { status, headers, body: inner } = body as Record<string, unknown>;
  if (typeof status !== "number" || typeof inner !== "string") return null;
  return {
    status,
    headers: new Headers((headers ?? {}) as Record<string, string>),
    body: parseJson(inner),
  };
}

async function readReply(response: Response): Promise<Reply> {
  const text = await response.text();
  const body = parseJson(text);
  const plain = { status: response.status, headers: response.headers, body };
  const said = (response.status === 201 ? unwrapStream(body) : null) ?? plain;
  const header = (name: string) => said.headers.get(name) ?? response.headers.get(name);
  const version = Number(header("x-inngest-req-version") ?? Number.NaN);
  return {
    kind: "answer",
    status: said.status,
    fromSdk: response.headers.has("x-inngest-sdk"),
    noRetry: header("x-inngest-no-retry") === "true",
    retryAfter: header("retry-after"),
    version: Number.isInteger(version) ? version : null,
    bytes: Buffer.byteLength(text),
    body: said.body,
  };
}

/**
 * Calls the function (or one planned step of it). Never rejects: what fails on the way, an abort by `signal` included, is a reply of kind
 * "unreachable".
 */
export async function callFunction(
  options: CallOptions,
  job: ClaimedJob,
  definition: FunctionDefinition,
  requestId: string,
  signal: AbortSignal,
): Promise<Reply> {
  // A signal of its own: what is tied to one that lives as long as the process is never given back.
  const own = new AbortController();
  const stop = () => own.abort();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const limit = setTimeout(
    () => own.abort(new Error(`The app did not answer within ${CALL_LIMIT_MS / 3_600_000} hours`)),
    CALL_LIMIT_MS,
  );
  limit.unref();
  try {
    const request = callRequest(options, job, definition, requestId, own.signal);
    return await readReply(await options.transport(request));
  } catch (error) {
    return { kind: "unreachable", error };
  } finally {
    clearTimeout(limit);
    signal.removeEventListener("abort", stop);
  }
}
