import { Prisma, type PrismaClient, type SyncPart } from "~/generated/prisma/client.ts";
import { decodeCursor, type Page, pageOf, timeKeyCursor } from "~/lib/keyset.ts";

/** One step of a run: a wallet, a chunk of a list, a table. Times ISO UTC; null figures were not recorded. */
export type StepItem = Omit<SyncPart, "syncLogId" | "startedAt" | "finishedAt"> & {
  /** When its work began; null = it waits, or not recorded. */
  startedAt: string | null;
  finishedAt: string | null;
  /** The wallet that the step read; null where it read none. */
  whale: { id: number; address: string; label: string | null } | null;
};

type StepRow = Omit<SyncPart, "syncLogId"> & { whale: StepItem["whale"] };

/**
 * Steps of a run in the order they began, those that wait last.
 * @param query.failed only those that failed
 * @throws {Response} 400 for a cursor of another list
 */
export async function listSteps(
  db: PrismaClient,
  query: { syncLogId: number; failed?: boolean; cursor?: string; limit: number },
): Promise<Page<StepItem>> {
  const after = decodeCursor(query.cursor, timeKeyCursor);
  const rows: StepRow[] = [];
  if (after === null || after[0] !== null) {
    const range = after
      ? Prisma.sql`p.started_at >= ${after[0]}::timestamptz
          AND (p.started_at, p.key) > (${after[0]}::timestamptz, ${after[1]})`
      : Prisma.sql`p.started_at IS NOT NULL`;
    rows.push(...(await db.$queryRaw<StepRow[]>(stepsSql(query, range, query.limit + 1))));
  }
  const missing = query.limit + 1 - rows.length;
  if (missing > 0) {
    const range = after?.[0] === null ? Prisma.sql`p.key > ${after[1]}` : Prisma.sql`true`;
    const waiting = Prisma.sql`p.started_at IS NULL AND ${range}`;
    rows.push(...(await db.$queryRaw<StepRow[]>(stepsSql(query, waiting, missing))));
  }
  return pageOf(rows.map(itemOf), query.limit, (step) => [step.startedAt, step.key]);
}

/** One step of a run; null when there is none. */
export async function getStep(
  db: PrismaClient,
  syncLogId: number,
  key: string,
): Promise<StepItem | null> {
  const only = Prisma.sql`p.key = ${key}`;
  const [row] = await db.$queryRaw<StepRow[]>(stepsSql({ syncLogId }, only, 1));
  return row ? itemOf(row) : null;
}

function itemOf(row: StepRow): StepItem {
  return {
    ...row,
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

// The key of a step that reads a wallet is our number of the whale.
const whaleJson = Prisma.sql`CASE WHEN p.key ~ '^[1-9][0-9]{0,8}$' THEN (
  SELECT json_build_object('id', w.id, 'address', w.address, 'label', w.label) FROM whale w WHERE w.id = p.key::int) END`;

function stepsSql(
  query: { syncLogId: number; failed?: boolean },
  range: Prisma.Sql,
  limit: number,
): Prisma.Sql {
  const failed = query.failed ? Prisma.sql`AND p.status = 'failed'` : Prisma.empty;
  return Prisma.sql`
    SELECT p.key, p.status, p.started_at AS "startedAt", p.finished_at AS "finishedAt", p.requests, p.pages, p.fetched,
      p.created, p.updated, p.duplicate, p.quarantined, p.error_code AS "errorCode",
      p.error_message AS "errorMessage", p.note, ${whaleJson} AS whale
    FROM sync_part p WHERE p.sync_log_id = ${query.syncLogId}::int ${failed} AND ${range}
    ORDER BY p.started_at, p.key LIMIT ${limit}::int`;
}
