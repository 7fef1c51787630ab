import type { MarketItem } from "./queries.server.ts";

/**
 * The market's page at Opinion.Trade: a standalone binary by its own number, everything in a group by the number of the group.
 * @param parent of a market in a group
 */
export function venueUrlOf(
  market: Pick<MarketItem, "kind" | "externalId">,
  parent: { externalId: string } | null,
): string {
  const url = new URL("https://app.opinion.trade/detail");
  url.searchParams.set("topicId", parent?.externalId ?? market.externalId);
  if (parent || market.kind === "categorical") url.searchParams.set("type", "multi");
  return url.href;
}
