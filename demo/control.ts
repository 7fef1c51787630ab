import type { IncomingMessage } from "node:http";
import { FaultRequestError, type Faults, parseFault } from "./faults.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { jsonReply, type RawReply } from "./replies.ts";
import { CursorError, truthTrades, truthWallets } from "./truth.ts";
import type { World } from "./world.ts";

const MOST_BODY_BYTES = 10_000;
const DEFAULT_TRUTH_LIMIT = 1000;
const MOST_TRUTH_LIMIT = 10_000;

type Parts = { world: World; limiter: RateLimiter; faults: Faults; now: () => number };

/** A request of the control API that makes no sense. */
class ControlError extends Error {}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MOST_BODY_BYTES) throw new ControlError("The body is too long.");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlError("The body must be JSON.");
  }
}

function trades({ world, now }: Parts, query: URLSearchParams): RawReply {
  const limit = query.get("limit") ?? String(DEFAULT_TRUTH_LIMIT);
  if (!/^\d{1,6}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_TRUTH_LIMIT) {
    throw new ControlError(`limit must be a whole number from 1 to ${MOST_TRUTH_LIMIT}`);
  }
  const wallet = query.get("wallet") ?? undefined;
  const cursor = query.get("cursor") ?? undefined;
  world.advanceTo(now());
  return jsonReply(200, truthTrades(world, now(), { wallet, cursor, limit: Number(limit) }));
}

async function dispatch(parts: Parts, request: IncomingMessage, url: URL): Promise<RawReply> {
  const { world, limiter, faults, now } = parts;
  switch (`${request.method} ${url.pathname}`) {
    case "GET /__faults":
      return jsonReply(200, { faults: faults.list() });
    case "POST /__faults":
      return jsonReply(201, faults.add(parseFault(await readJson(request))));
    case "DELETE /__faults":
      faults.clear();
      return jsonReply(200, { faults: [] });
    case "GET /__truth/trades":
      return trades(parts, url.searchParams);
    case "GET /__truth/wallets":
      world.advanceTo(now());
      return jsonReply(200, { list: truthWallets(world, now()) });
    case "GET /__truth/requests":
      return jsonReply(200, limiter.report());
    case "DELETE /__truth/requests":
      limiter.resetReport();
      return jsonReply(200, limiter.report());
    default:
      return jsonReply(404, {
        error:
          "Known are GET, POST and DELETE /__faults, GET /__truth/trades and /__truth/wallets, GET and DELETE /__truth/requests.",
      });
  }
}

/** The control API: faults and the truth. It is neither limited nor faulted; what it cannot read is answered with 400. */
export function createControl(parts: Parts) {
  return async (request: IncomingMessage, url: URL): Promise<RawReply> => {
    try {
      return await dispatch(parts, request, url);
    } catch (error) {
      const expected =
        error instanceof ControlError ||
        error instanceof FaultRequestError ||
        error instanceof CursorError;
      const message = error instanceof Error ? error.message : String(error);
      return jsonReply(expected ? 400 : 500, { error: message });
    }
  };
}
