import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** Requests still open this long after a stop was asked for are cut. */
const CLOSE_GRACE_MS = 1_000;

const INDEX = `This is an Inngest engine for development: it runs the functions of the apps that register with it.

Point an app at it by INNGEST_DEV=<this address>, then register it: curl -X PUT <address of its serve handler>

POST /e/{key}                         send events
GET  /v1/events, /v1/events/{id}      what was sent
GET  /v1/events/{id}/runs             the runs that an event started
GET  /v1/runs/{id}                    one run: steps, attempts, output, error
POST /v1/runs/{id}/cancel, /rerun
GET  /dev                             the registered functions
`;

export type Listener = {
  /** http://HOST:PORT, as this machine reaches it. */
  url: string;
  close(): Promise<void>;
};

/** What cannot be listened on, in one sentence with what to do. */
export class ListenError extends Error {
  override name = "ListenError";
}

function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ status, error }));
}

function hostnameOf(host: string): string | null {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : null;
}

const isLoopback = (hostname: string) =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);

/**
 * Whether a request may come from where it says it does. The Host header must name this machine (a page of another site can point its own
 * name at 127.0.0.1), and no web page may change anything: programs send no Origin, and the engine has no pages of its own.
 */
function refusalOf({ headers, method = "" }: IncomingMessage, allowed: string[]): string | null {
  const hostname = hostnameOf(headers.host ?? "");
  if (hostname === null || !(isLoopback(hostname) || allowed.includes(hostname))) {
    return `The engine answers on 127.0.0.1 and localhost, not ${headers.host ?? "without a Host header"}; --allow-host adds a name.`;
  }
  if (headers.origin !== undefined && !["GET", "HEAD"].includes(method)) {
    return "Web pages may not send anything to the engine; send it from a program.";
  }
  return null;
}

function requestOf(incoming: IncomingMessage): Request {
  const { method = "GET", url = "/", headers } = incoming;
  const hasBody = !["GET", "HEAD"].includes(method);
  return new Request(new URL(url, `http://${headers.host}`), {
    method,
    headers: Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    ),
    body: hasBody ? (Readable.toWeb(incoming) as ReadableStream) : null,
    duplex: "half",
  } as RequestInit);
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: { fetch: typeof fetch; allowedHosts: string[] },
): Promise<void> {
  const refusal = refusalOf(incoming, options.allowedHosts);
  if (refusal !== null) return refuse(response, 403, refusal);
  if (incoming.method === "GET" && incoming.url === "/") {
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    response.end(INDEX);
    return;
  }
  const reply = await options.fetch(requestOf(incoming));
  response.writeHead(reply.status, Object.fromEntries(reply.headers));
  response.end(Buffer.from(await reply.arrayBuffer()));
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new ListenError(
        `Port ${port} of ${host} is taken by another program (an Inngest dev server?): stop it, or give --port another number; 0 is any free one.`,
      );
    }
    throw new ListenError(
      `Cannot listen on ${host}, port ${port} (${code}): give --host and --port others.`,
    );
  }
}

/**
 * Serves a fetch function over HTTP. Takes the port at once; until `serve` is called, requests are told to come back.
 * @throws {ListenError} when it cannot have the port
 */
export async function startListener(options: {
  port: number;
  host: string;
  allowedHosts: string[];
}): Promise<Listener & { serve(fetch: typeof globalThis.fetch): void }> {
  let serving: typeof fetch = async () =>
    Response.json({ status: 503, error: "The engine is starting." }, { status: 503 });
  const server = createServer((incoming, response) => {
    const { allowedHosts } = options;
    answer(incoming, response, { fetch: (...given) => serving(...given), allowedHosts }).catch(
      (error: unknown) => {
        if (response.headersSent) response.destroy();
        else refuse(response, 400, `the request cannot be read: ${error}`);
      },
    );
  });
  await listen(server, options.port, options.host);
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  const named = ["0.0.0.0", "::"].includes(options.host) ? "127.0.0.1" : options.host;
  return {
    url: `http://${named.includes(":") ? `[${named}]` : named}:${port}`,
    serve(handler) {
      serving = handler;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}
