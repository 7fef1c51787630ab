import { createHash, timingSafeEqual } from "node:crypto";
import { createCookie } from "react-router";
import type { Clock } from "~/lib/clock.ts";
import type { Env } from "~/lib/env.server.ts";

/** How long a sign-in lasts, in seconds. */
const SESSION_S = 30 * 86_400;

type TokenEnv = Pick<Env, "ADMIN_TOKEN">;

/**
 * The cookie of a person who has signed in: unreadable for scripts, sent by our own pages only, signed with the token itself, so that
 * another token ends every session.
 */
function cookieOf(token: string, request: Request) {
  const secret = createHash("sha256").update(`session of ${token}`).digest("hex");
  return createCookie("opinion-scope-session", {
    secrets: [secret],
    httpOnly: true,
    sameSite: "strict",
    path: "/",
    secure: isHttps(request),
  });
}

// Behind a proxy that ends TLS the request itself says http; a browser says https of its page in Origin.
function isHttps(request: Request): boolean {
  const forwarded = request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
  const origin = request.headers.get("origin") ?? "";
  return forwarded === "https" || origin.startsWith("https:") || request.url.startsWith("https:");
}

/** Whether a text is the admin token; takes the same time whatever it is. */
export function isAdminToken(given: string, token: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(token));
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The Set-Cookie header that signs a person in. */
export function startSession(request: Request, token: string, clock: Clock): Promise<string> {
  const until = clock.now() + SESSION_S * 1000;
  return cookieOf(token, request).serialize({ until }, { maxAge: SESSION_S });
}

/** The Set-Cookie header that signs a person out. */
export function endSession(request: Request, token: string): Promise<string> {
  return cookieOf(token, request).serialize("", { maxAge: 0 });
}

/** Whether the request carries the cookie of a session that still lasts. */
export async function isSignedIn(
  request: Request,
  { ADMIN_TOKEN }: TokenEnv,
  clock: Clock,
): Promise<boolean> {
  if (!ADMIN_TOKEN) return false;
  const session: unknown = await cookieOf(ADMIN_TOKEN, request).parse(
    request.headers.get("cookie"),
  );
  const until = (session as { until?: unknown } | null)?.until;
  return typeof until === "number" && until > clock.now();
}

/** What the person behind a request may change: everything (`open` = no token is set), or nothing before signing in. */
export type Writes = "open" | "signed-in" | "sign-in";

/** What a page tells about changes. */
export async function writesOf(request: Request, env: TokenEnv, clock: Clock): Promise<Writes> {
  if (!env.ADMIN_TOKEN) return "open";
  return (await isSignedIn(request, env, clock)) ? "signed-in" : "sign-in";
}
