import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";

/** A wallet address that ends in the given number. */
export function addressOf(number: number): string {
  return `0x${number.toString(16).padStart(40, "0")}`;
}

/**
 * Fills the tables: whales with ids 1..n of which every tenth has never traded, markets 1..n of which every third has no volume and
 * every seventh is the child of the one before, trades spread over both, one minute apart in pairs of equal times, the newest first
 * at `newest`.
 */
export async function seed(
  db: PrismaClient,
  {
    whales,
    markets,
    trades,
    newest,
  }: { whales: number; markets: number; trades: number; newest: Date },
): Promise<void> {
  const at = newest.toISOString();
  await db.$executeRaw(Prisma.sql`
    INSERT INTO whale (id, venue, address, label, source, followed, last_trade_at)
    SELECT n, 'opinion', '0x' || lpad(to_hex(n), 40, '0'), CASE WHEN n % 2 = 0 THEN 'Whale ' || n END,
      'leaderboard', n % 5 <> 0, CASE WHEN n % 10 <> 0 THEN ${at}::timestamptz - n * interval '1 minute' END
    FROM generate_series(1, ${whales}::int) n`);
  await db.$executeRaw(Prisma.sql`
    INSERT INTO market (id, venue, kind, external_id, parent_id, title, status, yes_label, no_label, volume_24h)
    SELECT n, 'opinion', (CASE WHEN n % 7 = 6 THEN 'categorical' ELSE 'binary' END)::market_kind, (1000 + n)::text,
      CASE WHEN n % 7 = 0 THEN n - 1 END, 'Market ' || n,
      (CASE WHEN n % 4 = 0 THEN 'resolved' ELSE 'activated' END)::market_status, 'Ja', 'Nein',
      CASE WHEN n % 3 <> 0 THEN (n % 100) * 1.5 END
    FROM generate_series(1, ${markets}::int) n`);
  await db.$executeRaw(Prisma.sql`
    INSERT INTO trade (identity, venue, whale_id, tx_hash, market_id, outcome_side, side, price, shares, amount, fee,
      ordinal, traded_at, seen_at)
    SELECT md5(n::text)::uuid, 'opinion', 1 + n % ${whales}::int, '0x' || md5(n::text), 1 + n % ${markets}::int,
      CASE WHEN n % 2 = 0 THEN 'yes' ELSE 'no' END, CASE WHEN n % 3 = 0 THEN 'sell' ELSE 'buy' END,
      0.029, 1.000000000000000001, CASE WHEN n % 9 <> 0 THEN 12345.678 END, 0, 0,
      ${at}::timestamptz - (n / 2) * interval '1 minute', ${at}::timestamptz - (n / 2) * interval '1 minute' + interval '2 seconds'
    FROM generate_series(0, ${trades}::int - 1) n`);
  await db.$executeRaw`ANALYZE`;
}

/** Adds runs of a job, newest first by the order given. */
export async function seedSync(
  db: PrismaClient,
  run: Partial<Prisma.SyncLogUncheckedCreateInput> &
    Pick<Prisma.SyncLogUncheckedCreateInput, "type" | "startedAt">,
): Promise<number> {
  const { id } = await db.syncLog.create({
    data: {
      runId: crypto.randomUUID(),
      trigger: "cron",
      status: "completed",
      deadlineAt: run.startedAt,
      finishedAt: run.startedAt,
      correlationId: "correlation",
      requests: 1,
      ...run,
    },
  });
  return id;
}
