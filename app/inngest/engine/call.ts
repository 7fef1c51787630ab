import type { ClaimedJob, EngineOptions } from "./types.ts";

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
      body: unknown;
    }
  | { kind: "unreachable"; error: unknown };

/** JSON body of a call. Built from texts, because events and memos are stored as they go out. */
function callBody(job: ClaimedJob, maxAttempts: number): string {
  const ctx = {
    run_id: job.runId,
    attempt: job.attempt,
    max_attempts: maxAttempts,
    disable_immediate_execution: job.planOnly,
    use_api: false,
  };
  const event = JSON.stringify((JSON.parse(job.events) as unknown[])[0]);
  return (
    `{"version":${job.version},"event":${event},"events":${job.events},"steps":{${job.memos}},"defers":{},"use_api":false,` +
    `"ctx":${JSON.stringify(ctx).slice(0, -1)},"stack":{"stack":[${job.stack}],"current":${job.stepCount}}}}`
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Calls the function (or one planned step of it). The call leaves out `ctx.fn_id`, so the SDK reports each step instead of
 * checkpointing. Never rejects: what fails on the way is a reply of kind "unreachable".
 */
export async function callFunction(
  options: Pick<EngineOptions, "transport" | "serveUrl" | "headers">,
  job: ClaimedJob,
  maxAttempts: number,
  signal: AbortSignal,
): Promise<Reply> {
  const url = new URL(options.serveUrl);
  url.searchParams.set("fnId", job.functionId);
  url.searchParams.set("stepId", job.stepId);
  // A signal of its own: what is tied to one that lives as long as the process is never given back.
  const own = new AbortController();
  const stop = () => own.abort();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const limit = setTimeout(stop, CALL_LIMIT_MS);
  limit.unref();
  try {
    const response = await options.transport(
      new Request(url, {
        method: "POST",
        headers: {
          ...options.headers,
          "content-type": "application/json",
          host: url.host,
          "x-run-id": job.runId,
        },
        body: callBody(job, maxAttempts),
        signal: own.signal,
      }),
    );
    const body = parseJson(await response.text());
    const version = Number(response.headers.get("x-inngest-req-version") ?? Number.NaN);
    return {
      kind: "answer",
      status: response.status,
      fromSdk: response.headers.has("x-inngest-sdk"),
      noRetry: response.headers.get("x-inngest-no-retry") === "true",
      retryAfter: response.headers.get("retry-after"),
      version: Number.isInteger(version) ? version : null,
      body,
    };
  } catch (error) {
    return { kind: "unreachable", error };
  } finally {
    clearTimeout(limit);
    signal.removeEventListener("abort", stop);
  }
}
