import { z } from "zod";
import { tradeFilterFields } from "~/features/trades/trade-search.server.ts";
import { followInput } from "./follow-input.ts";

const { min, side, outcome, market } = tradeFilterFields;

/** Search parameters of a whale's page: filters of its trades, and which days and positions are shown. */
export const whalePageSearch = z.strictObject({
  min,
  side,
  outcome,
  market,
  cursor: z.string().optional(),
  days: z.enum(["30", "90"], "must be 30 or 90").default("30").transform(Number),
  positions: z.enum(["open", "done"], "must be open or done").default("open"),
  rows: z.literal("all", "must be all").optional(),
});

/** What a form of a whale's page sends. A blank label comes out as undefined. */
export const whalePageAction = z.discriminatedUnion(
  "intent",
  [
    z.strictObject({ intent: z.literal("follow") }),
    z.strictObject({ intent: z.literal("unfollow") }),
    z.strictObject({ intent: z.literal("label"), label: followInput.shape.label }),
  ],
  "must be follow, unfollow or label",
);
