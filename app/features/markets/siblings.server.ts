import type { PrismaClient } from "~/generated/prisma/client.ts";

/** Another outcome of the same group. */
export type Sibling = { id: number; title: string; yesPrice: string | null };

/** The likeliest other outcomes of a group, at most `limit`. */
export async function listSiblings(
  db: PrismaClient,
  { parentId, except, limit }: { parentId: number; except: number; limit: number },
): Promise<Sibling[]> {
  const rows = await db.market.findMany({
    where: { parentId, id: { not: except } },
    orderBy: [{ yesPrice: { sort: "desc", nulls: "last" } }, { id: "asc" }],
    take: limit,
    select: { id: true, title: true, yesPrice: true },
  });
  return rows.map((row) => ({ ...row, yesPrice: row.yesPrice?.toFixed() ?? null }));
}
