import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Answer = { status?: number; headers?: Record<string, string>; body?: unknown };
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback, until the end of the test, that gives the answers in turn, the last one for ever, and keeps what it was asked. */
export async function venueHost(...answers: (Answer | Handler)[]) {
  const requests: { url: URL; headers: IncomingMessage["headers"] }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: new URL(request.url ?? "", "http://host"), headers: request.headers });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (typeof answer === "function") return answer(request, response);
    const { status = 200, headers = {}, body } = answer ?? {};
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}
