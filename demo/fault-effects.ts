import type { Hit } from "./faults.ts";
import type { Random } from "./random.ts";
import { jsonReply, type RawReply, textReply, tooManyRequests } from "./replies.ts";
import { type Envelope, failure } from "./wire.ts";

const HTML_PAGE = (title: string) =>
  `<!DOCTYPE html>\n<html lang="en"><head><title>${title}</title></head>\n<body><center><h1>${title}</h1></center><hr><center>gateway</center></body></html>\n`;

function serverError(turn: number): RawReply {
  const status = [500, 502, 503][turn % 3] ?? 500;
  if (status === 500) return jsonReply(500, failure(500, "Internal Server Error"));
  if (status === 502) return textReply(502, "text/html", HTML_PAGE("502 Bad Gateway"));
  return textReply(503, "text/plain", "upstream connect error or disconnect/reset before headers");
}

/**
 * The reply that takes the place of the real one; null where the fault leaves it in place.
 * @param now epoch milliseconds
 */
export function replacement({ fault, turn }: Hit, now: number): RawReply | null {
  switch (fault.kind) {
    case "rate-limit-seconds":
      return tooManyRequests(String(Math.ceil(fault.retryAfter)));
    case "rate-limit-date":
      // HTTP dates have whole seconds: rounded up, so that nobody comes back too early.
      return tooManyRequests(
        new Date(Math.ceil(now / 1000 + fault.retryAfter) * 1000).toUTCString(),
      );
    case "rate-limit-bare":
      return tooManyRequests(null);
    case "server-error":
      return serverError(turn);
    case "html":
      return textReply(200, "text/html", HTML_PAGE("Just a moment..."));
    case "reset":
      return { kind: "reset" };
    case "outage":
      return turn % 2 === 0 ? serverError(2) : { kind: "reset" };
    case "geo":
      return jsonReply(200, failure(10403, "Invalid area"));
    case "half-failing":
      return turn % 2 === 0 ? serverError(0) : null;
    default:
      return null;
  }
}

type Row = Record<string, unknown>;

/** What can be wrong with a row of each list. */
const BREAKS: Record<string, readonly ((row: Row) => Row)[]> = {
  trades: [
    ({ txHash: _, ...row }) => row,
    (row) => ({ ...row, price: "abc" }),
    (row) => ({ ...row, createdAt: "yesterday" }),
    (row) => ({ ...row, outcomeSide: {} }),
    (row) => ({ ...row, shares: null }),
    (row) => ({ ...row, marketId: "n/a" }),
    (row) => ({ ...row, side: 5 }),
  ],
  markets: [
    ({ marketId: _, ...row }) => row,
    (row) => ({ ...row, marketTitle: null }),
    (row) => ({ ...row, createdAt: "yesterday" }),
    (row) => ({ ...row, status: "on" }),
    (row) => ({ ...row, yesTokenId: { id: 1 } }),
    (row) => ({ ...row, volume: "n/a" }),
  ],
  leaderboard: [
    ({ walletAddress: _, ...row }) => row,
    (row) => ({ ...row, walletAddress: "0x12" }),
    (row) => ({ ...row, rankingValue: {} }),
  ],
};

function isList(result: unknown): result is { list: Row[] | null; total: number } {
  return typeof result === "object" && result !== null && "list" in result;
}

/** The list with no rows, its total unchanged. */
export function emptied(envelope: Envelope): Envelope {
  if (!isList(envelope.result)) return envelope;
  return { ...envelope, result: { ...envelope.result, list: null } };
}

/** The list with one or two of its rows broken. */
export function malformed(envelope: Envelope, kind: string, random: Random): Envelope {
  const breaks = BREAKS[kind];
  if (!breaks || !isList(envelope.result) || !envelope.result.list) return envelope;
  const list = [...envelope.result.list];
  const places = random.sample([...list.keys()], random.int(1, 2));
  for (const place of places) {
    const row = list[place];
    if (row) list[place] = random.pick(breaks)(row);
  }
  return { ...envelope, result: { ...envelope.result, list } };
}
