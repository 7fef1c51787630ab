import { createReadableStreamFromReadable } from "@react-router/node";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import {
  type EntryContext,
  type HandleErrorFunction,
  isRouteErrorResponse,
  type RouterContextProvider,
  ServerRouter,
} from "react-router";
import { NonceContext } from "~/components/nonce.ts";
import { nonceContext, servicesContext } from "~/context.ts";
import { createPageStream } from "~/lib/page-stream.server.ts";

/** How long a page may stream, in milliseconds, before what is missing is given up. */
export const streamTimeout = 5_000;

/** Renders a page as a stream; programs that only read (bots, curl) wait for all of it. */
export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  routerContext: EntryContext,
  context: RouterContextProvider,
): Promise<Response> | Response {
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const nonce = context.get(nonceContext);
  const userAgent = request.headers.get("user-agent");
  const ready = !userAgent || isbot(userAgent) ? "onAllReady" : "onShellReady";
  return new Promise((resolve, reject) => {
    let responseStatus = status;
    let shellRendered = false;
    const { pipe, abort } = renderToPipeableStream(
      <NonceContext value={nonce}>
        <ServerRouter context={routerContext} url={request.url} nonce={nonce} />
      </NonceContext>,
      {
        nonce,
        [ready]() {
          shellRendered = true;
          const body = createPageStream();
          for (const end of ["finish", "close"]) body.on(end, () => clearTimeout(timer));
          headers.set("Content-Type", "text/html; charset=utf-8");
          headers.set("Cache-Control", "no-store");
          resolve(
            new Response(createReadableStreamFromReadable(body), {
              headers,
              status: responseStatus,
            }),
          );
          pipe(body);
        },
        onShellError(error) {
          clearTimeout(timer);
          reject(error);
        },
        onError(error) {
          responseStatus = 500;
          // Before the shell is out the error rejects the request and is logged by handleError.
          if (shellRendered && !request.signal.aborted) {
            context.get(servicesContext).logger.error({ err: error }, "Page rendering failed");
          }
        },
      },
    );
    const timer = setTimeout(() => abort(), streamTimeout + 1_000);
  });
}

/** Logs what loaders, actions and rendering did not foresee; answers that were meant (404 and the like) are not errors. */
export const handleError: HandleErrorFunction = (error, { request, context }) => {
  if (request.signal.aborted || (isRouteErrorResponse(error) && error.status < 500)) return;
  const { logger } = context.get(servicesContext);
  logger.error({ err: error, method: request.method, url: request.url }, "Request failed");
};
