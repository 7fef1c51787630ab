import { z } from "zod";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { backfillKey } from "./backfill.server.ts";
import type { BackfillRange } from "./backfill-range.ts";

/** Rows that a backfill found are counted up to here. */
const MAX_FOUND = 10_000;

/** The sync of a backfill. Times ISO UTC. */
type BackfillSync = {
  id: number;
  status: "running" | "completed" | "incomplete" | "failed" | "skipped";
  startedAt: string;
  finishedAt: string | null;
  pages: number | null;
  fetched: number;
  created: number;
  errorCode: string | null;
  errorMessage: string | null;
  note: string | null;
};

/** How a backfill stands: asked for and not begun (`sync` null), or its sync. */
export type BackfillResult = {
  sync: BackfillSync | null;
  /**
   * Trades of the range that were missing: found by it although the wallet had been read past their time. Null = not known yet, or the
   * sync did not come to its end.
   */
  found: number | null;
  /** There are more than are counted. */
  foundMore: boolean;
};

/** What a run of the job leaves. */
const resultSchema = z.object({ knownUntil: z.iso.datetime().optional() });

/**
 * What came of a backfill that was asked for.
 * @param asked.requestKey of the form or call that asked
 */
export async function getBackfillResult(
  db: PrismaClient,
  asked: { whaleId: number; range: BackfillRange; requestKey: string },
): Promise<BackfillResult> {
  const [run] = await db.run.findMany({
    where: {
      action: "backfill-whale",
      idempotencyKey: backfillKey(asked.whaleId, asked.requestKey),
    },
    orderBy: { id: "desc" },
    take: 1,
    select: { inngestRunId: true, result: true },
  });
  const row = run && (await db.syncLog.findUnique({ where: { runId: run.inngestRunId } }));
  if (!row) return { sync: null, found: null, foundMore: false };
  const sync: BackfillSync = {
    id: row.id,
    status: row.status,
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    pages: row.pages,
    fetched: row.fetched,
    created: row.created,
    errorCode: row.errorCode,
    errorMessage: row.errorMessage,
    note: row.note,
  };
  const { success, data } = resultSchema.safeParse(run.result);
  const knownUntil = success ? data.knownUntil : undefined;
  if (sync.status !== "completed" || !sync.finishedAt || !knownUntil) {
    return { sync, found: null, foundMore: false };
  }
  const found = sync.created === 0 ? 0 : await countFound(db, asked, sync, knownUntil);
  return { sync, found: Math.min(found, MAX_FOUND), foundMore: found > MAX_FOUND };
}

/** Trades of the range that the sync stored, without those that are newer than what was known when it began. */
async function countFound(
  db: PrismaClient,
  { whaleId, range }: { whaleId: number; range: BackfillRange },
  sync: BackfillSync,
  knownUntil: string,
): Promise<number> {
  const to = range.to < knownUntil ? range.to : knownUntil;
  const [row] = await db.$queryRaw<{ found: number }[]>`
    SELECT count(*)::int AS found FROM (
      SELECT 1 FROM trade WHERE whale_id = ${whaleId}::int
        AND traded_at >= ${range.from}::timestamptz AND traded_at <= ${to}::timestamptz
        AND seen_at >= ${sync.startedAt}::timestamptz AND seen_at <= ${sync.finishedAt}::timestamptz
      LIMIT ${MAX_FOUND + 1}::int) t`;
  return row?.found ?? 0;
}
