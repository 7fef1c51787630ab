import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { emptied, malformed, replacement } from "./fault-effects.ts";
import type { FaultKind, Faults, Hit } from "./faults.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { jsonReply, send, tooManyRequests } from "./replies.ts";
import { type Answer, answer, type KeyState, type Route, routeOf } from "./routes.ts";
import { failure } from "./wire.ts";
import type { World } from "./world.ts";

const STALE_SECONDS = 60;

type Parts = {
  world: World;
  limiter: RateLimiter;
  faults: Faults;
  apiKey: string;
  /** Epoch milliseconds. */
  now: () => number;
};

type Received = { route: Route; query: URLSearchParams; key: KeyState };

export type Gateway = {
  /** Answers one request of the public API: budget first, then faults, then the key, then the world. */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): void;
  /** Gives up the slow replies that are still to come. */
  close(): void;
};

export function createGateway(parts: Parts): Gateway {
  const delayed = new Set<NodeJS.Timeout>();

  function handle(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const received = receive(request, url, parts.apiKey);
    if (!admit(parts, received, request, response)) {
      send(response, tooManyRequests("1"));
      return;
    }
    if (request.method !== "GET") {
      send(response, jsonReply(405, failure(405, "Method Not Allowed")));
      return;
    }
    const hits = parts.faults.hits(targetOf(received));
    const slow = hits.find(({ fault }) => fault.kind === "slow");
    if (!slow) {
      reply(parts, received, response, hits);
      return;
    }
    const timer = setTimeout(() => {
      delayed.delete(timer);
      reply(parts, received, response, hits);
    }, slow.fault.delayMs);
    delayed.add(timer);
    response.once("close", () => {
      clearTimeout(timer);
      delayed.delete(timer);
    });
  }

  return {
    handle,
    close: () => {
      for (const timer of delayed) clearTimeout(timer);
    },
  };
}

function receive(request: IncomingMessage, url: URL, apiKey: string): Received {
  const given = request.headers.apikey;
  const key = given === undefined ? "none" : equal(String(given), apiKey) ? "valid" : "wrong";
  return { route: routeOf(url.pathname), query: url.searchParams, key };
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The front end is a host of its own on the venue, so it has a budget of its own here. */
function admit(
  { limiter }: Parts,
  { route, key }: Received,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const keyed = key === "valid" && !route.frontend;
  const address = request.socket.remoteAddress ?? "unknown";
  const id = keyed ? "key" : `${route.frontend ? "frontend" : "anonymous"} ${address}`;
  const { allowed, limit } = limiter.admit({ id, keyed }, route.kind);
  if (limit !== null) response.setHeader("ratelimit-limit", String(limit));
  return allowed;
}

function targetOf({ route, query }: Received) {
  const wallet = route.kind === "trades" ? route.subject.toLowerCase() : null;
  return { kind: route.kind, wallet, page: Number(query.get("page") ?? 1) };
}

function reply(parts: Parts, received: Received, response: ServerResponse, hits: Hit[]): void {
  try {
    parts.world.advanceTo(parts.now());
    for (const hit of hits) {
      const instead = replacement(hit, parts.now());
      if (instead) {
        send(response, instead);
        return;
      }
    }
    const { status, body } = compose(parts, received, hits);
    const cut = hits.find(({ fault }) => fault.kind === "truncated")?.turn ?? null;
    send(response, jsonReply(status, body), cut);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    send(response, jsonReply(500, failure(500, message)));
  }
}

function compose({ world, faults, now }: Parts, received: Received, hits: Hit[]): Answer {
  const { route, query, key } = received;
  const hitBy = (kind: FaultKind): boolean => hits.some(({ fault }) => fault.kind === kind);
  const whale = world.whaleOfAddress.get(route.subject.toLowerCase());
  if (hitBy("drifting") && whale && key === "valid") {
    world.insertFill(whale, now(), faults.random);
  }
  const at = Math.floor(now() / 1000) - (hitBy("stale") ? STALE_SECONDS : 0);
  let { status, body } = answer({ world, at }, route, query, key);
  if (hitBy("half-failing")) body = emptied(body);
  if (hitBy("malformed-rows")) body = malformed(body, route.kind, faults.random);
  return { status, body };
}
