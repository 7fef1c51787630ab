import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { writeReadableStreamToWritable } from "@react-router/node";
import type { Transport } from "~/server/services.ts";

/** Answers a request of a socket by a transport, as the adapter for Express does it, which comes with a second copy of the router under Vitest. */
export async function answer(
  transport: Transport,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const leaving = new AbortController();
  outgoing.on("close", () => leaving.abort());
  const { method = "GET", url, headers } = incoming;
  const request = new Request(`http://${headers.host}${url}`, {
    method,
    headers: new Headers(headers as Record<string, string>),
    signal: leaving.signal,
    ...(method === "GET" || method === "HEAD"
      ? {}
      : { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" }),
  });
  const response = await transport(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  // A client that leaves in the middle is what the tests of streams are about.
  await writeReadableStreamToWritable(response.body, outgoing).catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error;
  });
}
