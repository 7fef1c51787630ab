import papaparse from "papaparse";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { apiTradeOf, listTrades, type TradeItem } from "./queries.server.ts";
import type { TradeFilter } from "./trade-search.server.ts";

/** Rows read and written at a time: all that is held in memory. */
const BATCH = 500;

/** Columns of the file: those of GET /api/v1/trades and the names that belong to them. */
export const CSV_COLUMNS = [
  "tradedAt",
  "seenAt",
  "venue",
  "wallet",
  "whaleLabel",
  "marketId",
  "marketTitle",
  "parentTitle",
  "outcomeSide",
  "outcomeLabel",
  "side",
  "price",
  "shares",
  "amount",
  "fee",
  "txHash",
  "ordinal",
  "id",
] as const;

/** Texts that a spreadsheet would run as a formula get a ' in front; plain numbers, negative ones too, stay as they are. */
const FORMULA = /^(?!-?\d+(\.\d+)?$)[=+\-@\t\r]/;

/**
 * All trades of a filter as CSV (RFC 4180, UTF-8, a header row), newest first, however many there are: read in batches as fast as the
 * reader takes them. What is unknown is an empty field. The stream breaks off with an error when the database does.
 */
export function tradesCsv(db: PrismaClient, filter: TradeFilter): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const batches = readBatches(db, filter);
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      if (!begun) {
        begun = true;
        controller.enqueue(encoder.encode(`${CSV_COLUMNS.join(",")}\r\n`));
        return;
      }
      const { value, done } = await batches.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(linesOf(value)));
    },
    async cancel() {
      await batches.return(undefined);
    },
  });
}

/** Batches that have rows. */
async function* readBatches(db: PrismaClient, filter: TradeFilter) {
  let cursor: string | undefined;
  do {
    const page = await listTrades(db, { ...filter, cursor, limit: BATCH });
    if (page.data.length > 0) yield page.data;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

function linesOf(trades: readonly TradeItem[]): string {
  const data = trades.map((trade) => {
    const fields: Record<string, unknown> = {
      ...apiTradeOf(trade),
      whaleLabel: trade.whale.label,
      marketTitle: trade.market.title,
      parentTitle: trade.market.parentTitle,
      outcomeLabel: trade.market.outcomeLabel,
    };
    return CSV_COLUMNS.map((name) => fields[name]);
  });
  return `${papaparse.unparse(data, { newline: "\r\n", escapeFormulae: FORMULA })}\r\n`;
}
