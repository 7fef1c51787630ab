import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";

/** An app's reply is at most 8 MB by Inngest's limits; reading on would only fill the memory. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;
const WITHOUT_BODY = [204, 205, 304];

const agent = new Agent({ keepAlive: true });
const tlsAgent = new TlsAgent({ keepAlive: true });

async function responseOf(incoming: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) {
      incoming.destroy();
      throw new Error(`The app's reply is larger than ${MAX_REPLY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  const status = incoming.statusCode ?? 0;
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? "");
  }
  return new Response(WITHOUT_BODY.includes(status) ? null : Buffer.concat(chunks), {
    status,
    headers,
  });
}

/**
 * Calls an app over the network; follows no redirect. Waits for an answer until the request's signal is aborted: the global fetch gives up
 * after five minutes, which a long step outlasts.
 */
export async function callApp(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const body = Buffer.from(await request.arrayBuffer());
  const secure = url.protocol === "https:";
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = (secure ? requestHttps : requestHttp)(url, {
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), "content-length": body.length },
      agent: secure ? tlsAgent : agent,
      signal: request.signal,
    });
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(body);
  });
  return responseOf(incoming);
}
