import { z } from "zod";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import {
  errorResponse,
  limitParameter,
  oneOf,
  requireVenue,
  timeParameter,
} from "~/lib/api-errors.ts";
import { sinceOf, WINDOWS } from "~/lib/windows.ts";

export type TradeFilter = {
  venue?: string;
  whaleId?: number;
  marketId?: number;
  side?: "buy" | "sell";
  outcome?: "yes" | "no";
  /** Amounts of this much or more (exact decimal); fills without an amount are left out. */
  min?: string;
  /** Traded at this time or later (ISO). */
  from?: string;
  /** Traded before this time (ISO). */
  to?: string;
};

const min = z
  .string()
  .regex(/^\d{1,15}(\.\d{1,18})?$/, "must be an amount like 1000 or 2500.50")
  .optional();
const side = z.enum(["buy", "sell"], "must be buy or sell").optional();
const outcome = z.enum(["yes", "no"], "must be yes or no").optional();

const ourId = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, "must be a whole number")
  .transform(Number)
  .refine((id) => id <= 2_147_483_647, "is larger than any id")
  .optional();

/**
 * Query string of GET /api/v1/trades. `wallet` and `market` (the venue's number) are looked up on `venue`, or else on the first one;
 * `whale` and `ofMarket` are ids of ours. `window` is a `from` that goes with the clock.
 */
export const tradeSearch = z
  .strictObject({
    venue: z.string().optional(),
    wallet: z
      .string()
      .regex(/^0x[0-9a-fA-F]{40}$/, "must be 0x and 40 hexadecimal digits")
      .transform((address) => address.toLowerCase())
      .optional(),
    market: z
      .string()
      .regex(/^\d{1,20}$/, "must be the venue's number of the market")
      .optional(),
    side,
    outcome,
    min,
    whale: ourId,
    ofMarket: ourId,
    window: oneOf(WINDOWS).optional(),
    from: timeParameter.optional(),
    to: timeParameter.optional(),
    cursor: z.string().optional(),
    limit: limitParameter,
  })
  .refine(({ wallet, whale }) => wallet === undefined || whale === undefined, {
    path: ["whale"],
    message: "cannot be given with wallet",
  })
  .refine(({ market, ofMarket }) => market === undefined || ofMarket === undefined, {
    path: ["ofMarket"],
    message: "cannot be given with market",
  })
  .refine(({ window, from }) => window === undefined || from === undefined, {
    path: ["window"],
    message: "cannot be given with from",
  });

/** Search parameters of pages that filter trades; `market` and `whale` are ids of ours. */
export const tradeFilterFields = {
  min,
  side,
  outcome,
  venue: z.string().optional(),
  market: ourId,
  whale: ourId,
  window: oneOf(WINDOWS).optional(),
};

/** Query string of the feed. */
export const tradePageSearch = z.strictObject({
  ...tradeFilterFields,
  cursor: z.string().optional(),
});

type TradePageFilter = {
  [Name in keyof typeof tradeFilterFields]?: z.output<(typeof tradeFilterFields)[Name]>;
};

/**
 * The trades a page's search parameters ask for.
 * @param now where the window ends
 * @throws {Response} 400 for a venue that this server does not read
 */
export function tradeFilterOf(
  { market, whale, window, venue, min, side, outcome }: TradePageFilter,
  { now, venues }: { now: number; venues: readonly { id: string }[] },
): TradeFilter {
  if (venue !== undefined) requireVenue(venues, venue);
  return {
    venue,
    whaleId: whale,
    marketId: market,
    side,
    outcome,
    min,
    from: sinceOf(window, now)?.toISOString(),
  };
}

/** What a filter's ids stand for; null = the filter names none. */
export type TradeSubjects = {
  market: { title: string; parentTitle: string | null } | null;
  whale: { address: string; label: string | null } | null;
};

/**
 * Names of the market and the whale that a filter is about.
 * @throws {Response} 400 for an id that names nothing
 */
export async function getTradeSubjects(
  db: PrismaClient,
  { marketId, whaleId }: Pick<TradeFilter, "marketId" | "whaleId">,
): Promise<TradeSubjects> {
  const [market, whale] = await Promise.all([
    marketId === undefined
      ? null
      : db.market.findUnique({
          where: { id: marketId },
          select: { title: true, parent: { select: { title: true } } },
        }),
    whaleId === undefined
      ? null
      : db.whale.findUnique({ where: { id: whaleId }, select: { address: true, label: true } }),
  ]);
  if (marketId !== undefined && !market) {
    throw errorResponse(400, `market: there is no market with the id ${marketId}`);
  }
  if (whaleId !== undefined && !whale) {
    throw errorResponse(400, `whale: there is no whale with the id ${whaleId}`);
  }
  return {
    market: market && { title: market.title, parentTitle: market.parent?.title ?? null },
    whale,
  };
}
