import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { callApp } from "../../app/server/engine/transport.ts";

async function serverOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("an app gets the call as it is, and its answer comes back whole", async () => {
  const url = await serverOf(async (request, response) => {
    let body = "";
    request.setEncoding("utf8");
    for await (const chunk of request) body += chunk;
    const { host, "x-run-id": runId } = request.headers;
    response.writeHead(206, { "x-inngest-sdk": "test", "content-type": "application/json" });
    response.end(JSON.stringify([request.method, request.url, host, runId, body.length]));
  });
  const response = await callApp(
    new Request(`${url}/api/inngest?fnId=f`, {
      method: "POST",
      headers: { host: "app.local", "x-run-id": "1" },
      body: "ä".repeat(70_000),
    }),
  );
  expect([response.status, response.headers.get("x-inngest-sdk")]).toEqual([206, "test"]);
  expect(await response.json()).toEqual(["POST", "/api/inngest?fnId=f", "app.local", "1", 70_000]);
});

test("a redirect is not followed, an answer without a body is one", async () => {
  const url = await serverOf((_request, response) => {
    response.writeHead(308, { location: "http://127.0.0.1:9/" }).end();
  });
  expect((await callApp(new Request(url, { method: "POST", body: "{}" }))).status).toBe(308);
  const empty = await serverOf((_request, response) => response.writeHead(204).end());
  expect((await callApp(new Request(empty, { method: "PUT" }))).status).toBe(204);
});

test("what cannot be reached, is cut off or aborted rejects", async () => {
  await expect(callApp(new Request("http://127.0.0.1:9/"))).rejects.toThrow("ECONNREFUSED");
  const cut = await serverOf((_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half", () => response.destroy());
  });
  await expect(callApp(new Request(cut))).rejects.toThrow();
  const silent = await serverOf(() => {});
  const stopping = new AbortController();
  const call = callApp(new Request(silent, { signal: stopping.signal }));
  setImmediate(() => stopping.abort());
  await expect(call).rejects.toThrow("abort");
});
