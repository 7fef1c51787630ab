import { z } from "zod";
import type { WhaleStats } from "~/generated/prisma/client.ts";

/** What a whale has made of its trades, over its whole history; what is null is withheld. Decimals are exact strings. */
export type WhaleRecord = {
  computed: boolean;
  /** Realised PnL. */
  pnl: string | null;
  pnlWithheld: string | null;
  /** Markets that are decided for the whale, and those of them it gained in. */
  decided: number | null;
  wins: number | null;
  categories: Category[];
};

/** Volume of a category; `label` null = markets without one, `others` > 0 = that many smaller categories together. */
export type Category = { label: string | null; others: number; volume: string };

const categories = z.array(
  z.object({ label: z.string().nullable(), others: z.number(), volume: z.string() }),
);

/** The record in the figures of the window `all`; undefined = not computed yet. */
export function recordOf(stats: WhaleStats | undefined): WhaleRecord {
  const parsed = categories.safeParse(stats?.categories);
  return {
    computed: stats !== undefined,
    pnl: stats?.pnl?.toFixed() ?? null,
    pnlWithheld: stats ? stats.pnlWithheld : "Not computed yet.",
    decided: stats?.decided ?? null,
    wins: stats?.wins ?? null,
    categories: parsed.success ? parsed.data : [],
  };
}
