import { z } from "zod";
import { oneOf } from "~/lib/api-errors.ts";
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

const fields = z.strictObject({
  q: z.string().max(LONGEST_QUERY, `must be at most ${LONGEST_QUERY} characters`).optional(),
  status: z
    .enum(["open", "all", ...STATUSES], `must be open, all or one of ${STATUSES.join(", ")}`)
    .default("open"),
  category: z.string().max(100, "must be at most 100 characters").optional(),
  minPrice: price.optional(),
  maxPrice: price.optional(),
  minVolume: amount.optional(),
  sort: oneOf(SORTS).optional(),
  venue: z.string().max(40, "must be at most 40 characters").optional(),
  open: ids.optional(),
  cursor: z.string().optional(),
});

/** Query string of the page /markets; `open` names the groups that are unfolded. */
export const marketPageSearch = fields.refine(
  ({ minPrice, maxPrice }) =>
    minPrice === undefined || maxPrice === undefined || Number(minPrice) <= Number(maxPrice),
  { path: ["maxPrice"], message: "must not be below the lowest price" },
);

/** The filters that a query string of the page stands for. */
export function filtersOf(search: z.output<typeof marketPageSearch>): MarketFilters {
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
