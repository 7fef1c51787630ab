import type { Prisma, PrismaClient } from "~/generated/prisma/client.ts";
import type { MarketStatus } from "~/lib/rows.ts";
import { searchMarkets } from "./search.server.ts";
import { searchTermsOf } from "./search-words.ts";

/** A market as the search box shows it. */
export type FoundMarket = {
  id: number;
  title: string;
  parentTitle: string | null;
  status: MarketStatus;
  yesPrice: string | null;
};

/** Markets and outcomes of any status for the search box, best match first; what is open comes before all else. */
export async function findMarketsByText(
  db: PrismaClient,
  text: string,
  limit: number,
): Promise<FoundMarket[]> {
  const terms = searchTermsOf(text);
  if (!terms) return [];
  const { hits } = await searchMarkets(db, { terms, filters: { status: null }, limit: 4 * limit });
  const ids = hits.map(({ id, via }) => via ?? id);
  const rows = await db.$queryRaw<
    (Omit<FoundMarket, "yesPrice"> & { yesPrice: Prisma.Decimal | null })[]
  >`
    SELECT m.id, m.title, (SELECT p.title FROM market p WHERE p.id = m.parent_id) AS "parentTitle", m.status,
      m.yes_price AS "yesPrice"
    FROM unnest(${ids}::int[]) WITH ORDINALITY AS i(id, place)
    CROSS JOIN LATERAL (SELECT id, parent_id, title, status, yes_price FROM market WHERE id = i.id LIMIT 1) m
    ORDER BY m.status = 'activated' DESC, i.place LIMIT ${limit}::int`;
  return rows.map((row) => ({ ...row, yesPrice: row.yesPrice?.toFixed() ?? null }));
}
