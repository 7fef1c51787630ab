import type { MarketItem } from "./queries.server.ts";

/** Why a market shows no price, in words. */
export function whyNoPrice(market: Pick<MarketItem, "kind" | "status" | "priceCheckedAt">): string {
  if (market.kind === "categorical") return "its outcomes have prices of their own";
  if (market.priceCheckedAt) return "never traded";
  // Prices are read of open markets only.
  const over = ["resolved", "failed", "deleted"].includes(market.status);
  return over ? "not read while it was open" : "not measured yet";
}
