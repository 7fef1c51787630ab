import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { type Activity, everyDay } from "./activity.ts";

/** What a whale bought and sold on each of the last days, today (UTC) included. */
export async function getActivity(
  db: PrismaClient,
  whaleId: number,
  { days, now }: { days: number; now: Date },
): Promise<Activity> {
  const today = new Date(now.toISOString().slice(0, 10));
  const rows = await db.whaleDay.findMany({
    where: { whaleId, day: { gt: new Date(today.getTime() - days * 86_400_000), lte: today } },
    orderBy: { day: "desc" },
    take: days,
  });
  const sumOf = (name: "bought" | "sold") =>
    rows.reduce((sum, row) => sum.plus(row[name]), new Prisma.Decimal(0)).toFixed();
  const traded = rows.map((row) => ({
    day: row.day.toISOString().slice(0, 10),
    bought: row.bought.toFixed(),
    sold: row.sold.toFixed(),
    trades: row.tradeCount,
  }));
  return {
    days: everyDay(traded, days, today.getTime()),
    bought: sumOf("bought"),
    sold: sumOf("sold"),
    activeDays: rows.length,
  };
}
