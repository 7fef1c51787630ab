import { z } from "zod";
import { limitParameter, oneOf } from "~/lib/api-errors.ts";
import type { MarketStatus } from "~/lib/rows.ts";
import { MOST_OPEN, SORTS } from "./market-sorts.ts";
import { LONGEST_QUERY } from "./search-words.ts";

export const STATUSES = [
  "unknown",
  "created",
  "activated",
  "resolving",
  "resolved",
  "failed",
  "deleted",
] as const satisfies MarketStatus[];

/** What the page /markets shows of the markets that stand alone or head a group. */
export type MarketFilters = {
  /** null = every status. */
  status: MarketStatus | null;
  venue?: string;
  label?: string;
  /** Bounds of the yes price (0 to 1), both included; a group fits when one of its outcomes does. */
  minPrice?: string;
  maxPrice?: string;
  /** Least volume of the last 24 hours. */
  minVolume?: string;
};

const price = z
  .string()
  .regex(/^(0?\.\d{1,18}|0|1|1\.0{1,18}|0\.)$/, "must be a price from 0 to 1, such as 0.25");

const amount = z.string().regex(/^\d{1,18}(\.\d{1,18})?$/, "must be an amount, such as 1000");

const ids = z
  .string()
  .regex(
    /^[1-9]\d{0,8}(\.[1-9]\d{0,8}){0,9}$/,
    `must be up to ${MOST_OPEN} market numbers with dots between them`,
  )
  .transform((text) => text.split(".").map(Number));

const status = z.enum(
  ["open", "all", ...STATUSES],
  `must be open, all or one of ${STATUSES.join(", ")}`,
);

const fields = z.strictObject({
  q: z.string().max(LONGEST_QUERY, `must be at most ${LONGEST_QUERY} characters`).optional(),
  status: status.default("open"),
  category: z.string().max(100, "must be at most 100 characters").optional(),
  minPrice: price.optional(),
  maxPrice: price.optional(),
  minVolume: amount.optional(),
  sort: oneOf(SORTS).optional(),
  venue: z.string().max(40, "must be at most 40 characters").optional(),
});

const cursor = z.string().optional();

type PriceBounds = { minPrice?: string; maxPrice?: string };

const inOrder = ({ minPrice, maxPrice }: PriceBounds) =>
  minPrice === undefined || maxPrice === undefined || Number(minPrice) <= Number(maxPrice);
const outOfOrder = { path: ["maxPrice"], message: "must not be below the lowest price" };

/** Query string of the page /markets; `open` names the groups that are unfolded. */
export const marketPageSearch = fields
  .extend({ open: ids.optional(), cursor })
  .refine(inOrder, outOfOrder);

/** Query string of /markets.csv. */
export const marketFileSearch = fields.refine(inOrder, outOfOrder);

/** Query string of GET /api/v1/markets with `q` or `sort`: that of the page, except that it leaves out no status by itself. */
export const marketBrowseSearch = fields
  .extend({ status: status.default("all"), cursor, limit: limitParameter })
  .refine(inOrder, outOfOrder);

/** What the page, the file and the API are asked for. */
export type MarketSearch = z.output<typeof fields>;

/** The filters that a query string of the page stands for. */
export function filtersOf(search: MarketSearch): MarketFilters {
  const { status, venue, category, minPrice, maxPrice, minVolume } = search;
  return {
    status: status === "all" ? null : status === "open" ? "activated" : status,
    venue,
    label: category,
    minPrice,
    maxPrice,
    minVolume,
  };
}
