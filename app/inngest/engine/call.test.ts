import { Inngest } from "inngest";
import { serve } from "inngest/remix";
import { expect, test } from "vitest";
import { callFunction, functionUuid, type Reply } from "./call.ts";
import { claimedJob, definition, parsed, stepId } from "./test-job.ts";

const main = definition("app-main", { maxAttempts: 3 });
const idle = new AbortController().signal;

/** What a transport gets from a call, and what the call makes of its answer. */
async function exchange(
  response: Response,
  job = claimedJob(),
): Promise<{ request: Request; text: string; reply: Reply }> {
  const seen: { request: Request; text: string }[] = [];
  const transport = async (request: Request) => {
    seen.push({ request, text: await request.text() });
    return response;
  };
  const headers = { "x-secret": "s" };
  const reply = await callFunction({ transport, headers }, job, main, "req-1", idle);
  const [first] = seen;
  if (!first) throw new Error("nothing was called");
  return { ...first, reply };
}

const fromSdk = { "x-inngest-sdk": "inngest-js:v4.24.0" };

test("a call carries the run's state and names the run, the job, the request and the step", async () => {
  const job = claimedJob({
    id: "77",
    claims: 2,
    attempt: 1,
    stepId: stepId("b"),
    planOnly: true,
    stepCount: 1,
    memos: `"${stepId("a")}":{"data":"\\u0000"}`,
    stack: `"${stepId("a")}"`,
  });
  const { request, text } = await exchange(new Response("[]", { headers: fromSdk }), job);
  expect(request.url).toBe(`http://app.local/api/inngest?fnId=app-main&stepId=${stepId("b")}`);
  expect(Object.fromEntries(request.headers)).toMatchObject({
    "content-type": "application/json",
    "x-secret": "s",
    "x-run-id": "01RUN",
    "x-request-id": "req-1",
    "x-inngest-job-id": "77",
    "x-inngest-step-id": stepId("b"),
    "x-inngest-req-version": "2",
    "x-inngest-generation-id": "2",
  });
  const event = { name: "start", data: { order: 7 }, user: {}, id: "e1", ts: 1 };
  expect(parsed(text)).toEqual({
    version: 2,
    event,
    events: [event],
    steps: { [stepId("a")]: { data: "\0" } },
    defers: {},
    use_api: false,
    ctx: {
      run_id: "01RUN",
      fn_id: functionUuid("app-main"),
      attempt: 1,
      max_attempts: 3,
      disable_immediate_execution: true,
      use_api: false,
      step_id: stepId("b"),
      env: "",
      qi_id: "77",
      job_id: "77",
      request_id: "req-1",
      generation_id: 2,
      stack: { stack: [stepId("a")], current: 1 },
    },
  });
});

test("an address with a query of its own keeps it", async () => {
  const seen: string[] = [];
  const transport = async ({ url }: Request) => {
    seen.push(url);
    return new Response("1", { headers: fromSdk });
  };
  const appUrl = "http://app.local/api/inngest?tenant=a%20b";
  await callFunction({ transport }, claimedJob(), { ...main, appUrl }, "req-1", idle);
  expect(seen).toEqual(["http://app.local/api/inngest?tenant=a+b&fnId=app-main&stepId=step"]);
});

test("a function's UUID is a UUID, the same each time, and no other function's", () => {
  expect(functionUuid("app-main")).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(functionUuid("app-main")).toBe(functionUuid("app-main"));
  expect(functionUuid("app-main")).not.toBe(functionUuid("app-other"));
});

test("status, headers and body of a reply are read", async () => {
  const headers = {
    ...fromSdk,
    "x-inngest-req-version": "2",
    "x-inngest-no-retry": "true",
    "retry-after": "30",
  };
  const { reply } = await exchange(new Response('{"ä":1}', { status: 400, headers }));
  expect(reply).toEqual({
    kind: "answer",
    status: 400,
    fromSdk: true,
    noRetry: true,
    retryAfter: "30",
    version: 2,
    bytes: 8,
    body: { ä: 1 },
  });
  const page = await exchange(new Response("<html>"));
  expect(page.reply).toMatchObject({ fromSdk: false, version: null, body: "<html>" });
});

test("an app that streams its replies is understood like any other", async () => {
  const silent = { info() {}, warn() {}, error() {}, debug() {} };
  const client = new Inngest({ id: "app", isDev: true, logger: silent, internalLogger: silent });
  const broken = client.createFunction(
    { id: "broken", triggers: [{ event: "start" }] },
    async () => {
      throw new RangeError("broken");
    },
  );
  const handler = serve({ client, functions: [broken], streaming: true });
  const statuses: number[] = [];
  const transport = async (request: Request) => {
    const response = await handler({ request });
    statuses.push(response.status);
    return response;
  };
  const job = claimedJob({ functionId: "app-broken", attempt: 2, version: -1 });
  const reply = await callFunction({ transport }, job, main, "req-1", idle);
  expect(statuses).toEqual([201]);
  expect(reply).toMatchObject({
    status: 400,
    fromSdk: true,
    noRetry: true,
    version: 2,
    body: { name: "RangeError", message: "broken" },
  });
});

test("what fails on the way is a reply too", async () => {
  const transport = async () => {
    throw new Error("connection refused");
  };
  expect(await callFunction({ transport }, claimedJob(), main, "req-1", idle)).toEqual({
    kind: "unreachable",
    error: new Error("connection refused"),
  });
});

test("a call that is given up reaches the app as an aborted request", async () => {
  const giveUp = new AbortController();
  const transport = (request: Request) =>
    new Promise<Response>((_resolve, reject) => {
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
      giveUp.abort();
    });
  const reply = await callFunction({ transport }, claimedJob(), main, "req-1", giveUp.signal);
  expect(reply.kind).toBe("unreachable");
});
