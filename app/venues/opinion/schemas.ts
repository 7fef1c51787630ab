import { z } from "zod";
import { canonicalDecimal } from "../decimal.ts";

/*
 * What the venue sends, field by field. Only what is used is named; unknown fields are ignored. Blank strings count as not sent.
 */

const EARLIEST_SECONDS = Date.UTC(2001, 0) / 1_000;
const LATEST_SECONDS = Date.UTC(2200, 0) / 1_000;
/** No fee reaches a billion dollars: such a number is in units of 10^-18. */
const SCALED_FROM = 1e9;

const decimal = z
  .union([z.string(), z.number()], { error: "must be a decimal number" })
  .transform((value, context) => {
    const canonical = canonicalDecimal(String(value).trim());
    if (canonical !== null) return canonical;
    context.addIssue({ code: "custom", message: "must be a decimal number of at most 65 digits" });
    return z.NEVER;
  });

const notNegative = decimal.refine((value) => !value.startsWith("-"), "must not be negative");

const probability = decimal.refine(
  (value) => value === "1" || /^0(\.|$)/.test(value),
  "must be a price from 0 to 1",
);

/** A blank string or a missing field becomes null, and so do the `alsoNone`. */
function optional<Schema extends z.ZodType>(schema: Schema, alsoNone: readonly unknown[] = []) {
  const none: readonly unknown[] = ["", undefined, ...alsoNone];
  return z.preprocess((value) => (none.includes(value) ? null : value), schema.nullable());
}

const text = z
  .string()
  .nullish()
  .transform((value) => (value?.trim() ? value : null));

const externalId = z
  .union([z.int(), z.string()], { error: "must be a whole number" })
  .transform(String)
  .pipe(z.string().regex(/^[1-9]\d{0,77}$/, "must be a positive whole number"));

const wholeNumber = z
  .union([z.int().nonnegative(), z.string().regex(/^\d{1,15}$/)], {
    error: "must be a whole number",
  })
  .transform(Number);

const unixSeconds = wholeNumber
  .nullish()
  .transform((seconds) => seconds ?? 0)
  .refine(
    (seconds) => seconds === 0 || (seconds >= EARLIEST_SECONDS && seconds < LATEST_SECONDS),
    "must be unix seconds between 2001 and 2199, or 0",
  )
  .transform((seconds) => (seconds === 0 ? null : new Date(seconds * 1_000)));

const code = z.union([z.number(), z.string()]).nullish();

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be a wallet address (0x and 40 hexadecimal digits)")
  .transform((value) => value.toLowerCase());

/** A market, parent or child; children are checked one by one with the same schema. */
export const marketSchema = z.object({
  marketId: externalId,
  marketTitle: z.string().trim().min(1, "must not be blank"),
  marketType: z.int().nullish(),
  status: code,
  statusEnum: code,
  childMarkets: z.array(z.unknown()).nullish(),
  yesLabel: text,
  noLabel: text,
  rules: text,
  yesTokenId: optional(externalId),
  noTokenId: optional(externalId),
  conditionId: text,
  questionId: text,
  resultTokenId: z
    .union([z.string(), z.int()])
    .nullish()
    .transform((value) => String(value ?? "")),
  volume: optional(notNegative),
  volume24h: optional(notNegative),
  volume7d: optional(notNegative),
  quoteToken: text,
  chainId: z
    .union([z.int(), z.string()])
    .nullish()
    .transform((value) => (value ? String(value) : null)),
  createdAt: unixSeconds,
  cutoffAt: unixSeconds,
  resolvedAt: unixSeconds,
  labels: z
    .array(z.string())
    .nullish()
    .transform((labels) => labels ?? []),
  slug: text,
  thumbnailUrl: text,
});

/** Kinds of `status` that are not a fill: pending, cancelled, expired, failed, failed on chain. */
const NOT_FILLED = new Set(["1", "3", "4", "5", "6"]);
const fee = optional(decimal).refine(
  (value) => value === null || Math.abs(Number(value)) < SCALED_FROM,
  "is too large for a fee: it seems to be scaled by 10^18",
);

/** A fill. `usdAmount` (scaled by 10^18) and `profit` (unreliable) are left out on purpose. */
export const tradeSchema = z
  .object({
    txHash: z.string().trim().min(1, "must not be blank"),
    marketId: externalId,
    marketTitle: text,
    rootMarketId: optional(externalId, [0, "0"]),
    rootMarketTitle: text,
    side: z.string().trim().toLowerCase().min(1, "must not be blank"),
    outcome: text,
    outcomeSide: code,
    outcomeSideEnum: text,
    price: probability,
    shares: notNegative,
    amount: optional(notNegative),
    fee: z.unknown(),
    feeFormatted: optional(decimal),
    status: code.refine(
      (status) => !NOT_FILLED.has(String(status)),
      "is not that of a filled trade (2, Finished)",
    ),
    createdAt: unixSeconds.pipe(z.date("must be the unix seconds of the trade, not 0")),
  })
  .transform((row, context) => {
    if (row.feeFormatted !== null) return { ...row, fee: row.feeFormatted };
    const parsed = fee.safeParse(row.fee);
    if (parsed.success) return { ...row, fee: parsed.data };
    const message = parsed.error.issues[0]?.message ?? "must be a decimal number";
    context.addIssue({ code: "custom", path: ["fee"], message });
    return z.NEVER;
  });

/** The last price; `timestamp` is in unix milliseconds, 0 = never traded. */
export const latestPriceSchema = z.object({
  tokenId: externalId.nullish(),
  price: probability,
  timestamp: wholeNumber.refine(
    (ms) => ms === 0 || (ms >= EARLIEST_SECONDS * 1_000 && ms < LATEST_SECONDS * 1_000),
    "must be unix milliseconds between 2001 and 2199, or 0",
  ),
});

/** A rank of the front end's leaderboard. */
export const leaderboardSchema = z.object({
  walletAddress: address,
  userName: text,
  xUsername: text,
  rankingValue: optional(decimal),
});

const total = wholeNumber;

/** The `result` of every list: an empty one may have a null list. */
export const listSchema = z.object({
  total,
  list: z
    .array(z.unknown())
    .nullable()
    .transform((list) => list ?? []),
});

/** The front end's list has no documented shape: a list with or without its total, or the bare array. */
export const leaderboardListSchema = z.union([
  z.array(z.unknown()).transform((list) => ({ list, total: list.length })),
  z
    .object({ list: z.array(z.unknown()).nullable(), total: total.optional() })
    .transform(({ list, total: sent }) => ({ list: list ?? [], total: sent ?? list?.length ?? 0 })),
]);

/** A market by its number: `{ data }`, or the market itself. */
export const detailSchema = z.union([
  z.object({ data: z.record(z.string(), z.unknown()).nullable() }).transform(({ data }) => data),
  z.looseObject({ marketId: z.unknown() }),
]);

export type MarketWire = z.output<typeof marketSchema>;
export type TradeWire = z.output<typeof tradeSchema>;
export type LeaderboardWire = z.output<typeof leaderboardSchema>;
