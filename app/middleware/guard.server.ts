import { data, type MiddlewareFunction } from "react-router";
import { servicesContext } from "~/context.ts";
import { errorBody, errorResponse } from "~/lib/api-errors.ts";
import type { Env } from "~/lib/env.server.ts";
import { isAdminToken, isSignedIn } from "./session.server.ts";

type Refusal = { status: 401 | 403; message: string };

/**
 * Whether a request may come from where it says it does. On loopback the Host header must name this machine (a page of another site can
 * point its own name at 127.0.0.1). A write must come from our own pages or from a program, which sends no Origin.
 * @returns why not, or null
 */
function refusalOfSource(request: Request, env: Pick<Env, "loopback">): Refusal | null {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (env.loopback && !isLoopbackHost(host)) {
    return { status: 403, message: `This server answers on 127.0.0.1 and localhost, not ${host}.` };
  }
  if (isRead(request)) return null;
  const origin = request.headers.get("origin");
  if (origin !== null && !(URL.canParse(origin) && new URL(origin).host === host.toLowerCase())) {
    return { status: 403, message: "Changes may only be sent from this server's own pages." };
  }
  return null;
}

function isRead({ method }: Request): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method);
}

function isLoopbackHost(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function carriesToken(request: Request, token: string): boolean {
  const [, given = ""] = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  return isAdminToken(given, token);
}

const challenge = { "WWW-Authenticate": "Bearer" };

/**
 * The guard of the endpoint that an Inngest server calls: a web page must not be able to run jobs. Calls signed with a signing key are
 * checked by the SDK and may come by any name of this server.
 */
export const guardInngest: MiddlewareFunction<Response> = async ({ request, context }, next) => {
  const { env, engineSecret } = context.get(servicesContext);
  const ownEngine = engineSecret !== null;
  const signed = env.INNGEST_SIGNING_KEY !== undefined && env.INNGEST_DEV === undefined;
  const refusal = refusalOfSource(request, { loopback: env.loopback && !signed });
  return ownEngine || !refusal ? next() : errorResponse(refusal.status, refusal.message);
};

/** The guard of the JSON API, in the error shape: with ADMIN_TOKEN set a write must carry it. A session does not count here. */
export const guardApi: MiddlewareFunction<Response> = async ({ request, context }, next) => {
  const { env } = context.get(servicesContext);
  const refusal = refusalOfSource(request, env);
  if (refusal) return errorResponse(refusal.status, refusal.message);
  if (isRead(request) || !env.ADMIN_TOKEN || carriesToken(request, env.ADMIN_TOKEN)) return next();
  return errorResponse(
    401,
    "Changes need the header Authorization: Bearer with the ADMIN_TOKEN of this server.",
    { headers: challenge },
  );
};

/** The guard of what tells about the process rather than about the venues: with ADMIN_TOKEN set a read must carry it too. */
export const guardOperations: MiddlewareFunction<Response> = async ({ request, context }, next) => {
  const { env } = context.get(servicesContext);
  const refusal = refusalOfSource(request, env);
  if (refusal) return errorResponse(refusal.status, refusal.message);
  if (!env.ADMIN_TOKEN || carriesToken(request, env.ADMIN_TOKEN)) return next();
  return errorResponse(
    401,
    "This needs the header Authorization: Bearer with the ADMIN_TOKEN of this server.",
    { headers: challenge },
  );
};

/** The guard of the pages: refuses with the error page. With ADMIN_TOKEN set only who has signed in may change anything. */
export const guardPages: MiddlewareFunction<Response> = async ({ request, context }, next) => {
  const { env, clock } = context.get(servicesContext);
  const refusal = refusalOfSource(request, env);
  if (refusal) throw pageRefusal(refusal);
  if (isRead(request) || !env.ADMIN_TOKEN || carriesToken(request, env.ADMIN_TOKEN)) return next();
  if (await isSignedIn(request, env, clock)) return next();
  throw pageRefusal({ status: 401, message: "Sign in to make changes." });
};

/** The guard of what must work before signing in. */
export const guardSource: MiddlewareFunction<Response> = async ({ request, context }, next) => {
  const refusal = refusalOfSource(request, context.get(servicesContext).env);
  if (refusal) throw pageRefusal(refusal);
  return next();
};

function pageRefusal({ status, message }: Refusal) {
  return data(errorBody(status, message), {
    status,
    headers: status === 401 ? challenge : undefined,
  });
}
