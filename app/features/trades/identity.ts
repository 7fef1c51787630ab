import { createHash } from "node:crypto";
import type { TradeRow } from "~/lib/rows.ts";

/**
 * What two fills must share to be told apart only by their ordinal: Opinion sends no row id, and equal fills repeat inside one
 * transaction (docs/decisions/trade-identity.md). Decimals are canonical, so equal values give equal keys.
 */
export function tradeKey(row: TradeRow): string {
  return JSON.stringify([
    row.venue,
    row.wallet,
    row.txHash,
    row.marketExternalId,
    row.outcomeSide,
    row.side,
    row.price,
    row.shares,
  ]);
}

/** Identity of the `ordinal`-th (from 0) fill with this key: the first 128 bits of a SHA-256, written as a UUID. */
export function tradeIdentity(key: string, ordinal: number): string {
  const hex = createHash("sha256").update(`${key}#${ordinal}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
