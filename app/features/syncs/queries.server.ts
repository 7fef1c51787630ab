import { z } from "zod";
import {
  Prisma,
  type PrismaClient,
  type SyncLog,
  type SyncPart,
} from "~/generated/prisma/client.ts";
import { limitParameter } from "~/lib/api-errors.ts";
import { decodeCursor, keyCursor, type Page, pageOf, timeIntCursor } from "~/lib/keyset.ts";
import { SYNC_TYPES, type SyncType } from "./schedule.ts";

const STATUSES = ["running", "completed", "incomplete", "failed", "skipped"] as const;

const filters = {
  type: z.enum(SYNC_TYPES, `must be one of ${SYNC_TYPES.join(", ")}`).optional(),
  status: z.enum(STATUSES, `must be one of ${STATUSES.join(", ")}`).optional(),
  cursor: z.string().optional(),
};

/** Query string of GET /api/v1/syncs. */
export const syncSearch = z.strictObject({ ...filters, limit: limitParameter });

/** Query string of the page /syncs; `requested` names the job that was just started from it. */
export const syncPageSearch = z.strictObject({ ...filters, requested: filters.type });

/** The body that starts a job. */
export const syncRequest = z.strictObject({
  type: z.enum(SYNC_TYPES, `must be one of ${SYNC_TYPES.join(", ")}`),
});

/** One run of a job; times ISO UTC. */
export type SyncItem = Omit<
  SyncLog,
  "id" | "runId" | "startedAt" | "finishedAt" | "deadlineAt" | "executingUntil"
> & { id: string; startedAt: string; finishedAt: string | null };

/**
 * Runs of jobs, newest first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listSyncs(
  db: PrismaClient,
  query: { type?: SyncType; status?: SyncItem["status"]; cursor?: string; limit: number },
): Promise<Page<SyncItem>> {
  const after = decodeCursor(query.cursor, timeIntCursor);
  const rows = await db.syncLog.findMany({
    where: {
      type: query.type,
      status: query.status,
      ...(after && {
        startedAt: { lte: after[0] },
        OR: [{ startedAt: { lt: after[0] } }, { id: { lt: Number(after[1]) } }],
      }),
    },
    orderBy: [{ startedAt: "desc" }, { id: "desc" }],
    take: query.limit + 1,
  });
  return pageOf(rows.map(itemOf), query.limit, (sync) => [sync.startedAt, sync.id]);
}

/** One run; null when there is none. */
export async function getSync(db: PrismaClient, id: number): Promise<SyncItem | null> {
  const sync = await db.syncLog.findUnique({ where: { id } });
  return sync && itemOf(sync);
}

/** What one wallet or chunk reported to its run. */
export type SyncPartItem = Omit<SyncPart, "syncLogId" | "finishedAt"> & {
  finishedAt: string | null;
};

/**
 * Parts of a run in the order of their keys.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listSyncParts(
  db: PrismaClient,
  query: { syncLogId: number; cursor?: string; limit: number },
): Promise<Page<SyncPartItem>> {
  const after = decodeCursor(query.cursor, keyCursor);
  const rows = await db.syncPart.findMany({
    where: { syncLogId: query.syncLogId, ...(after && { key: { gt: after[0] } }) },
    orderBy: { key: "asc" },
    take: query.limit + 1,
  });
  const items = rows.map(({ syncLogId: _, finishedAt, ...part }) => ({
    ...part,
    finishedAt: finishedAt?.toISOString() ?? null,
  }));
  return pageOf(items, query.limit, (part) => [part.key]);
}

export type JobOverview = {
  type: SyncType;
  lastRun: Pick<SyncItem, "id" | "status" | "startedAt" | "errorMessage" | "note"> | null;
  lastSuccessAt: string | null;
};

type OverviewRow = {
  type: SyncType;
  id: number | null;
  status: SyncItem["status"] | null;
  startedAt: Date | null;
  errorMessage: string | null;
  note: string | null;
  lastSuccessAt: Date | null;
};

/** Every job with its newest run and its last success, in the order of `SYNC_TYPES`. */
export async function listJobs(db: PrismaClient): Promise<JobOverview[]> {
  const rows = await db.$queryRaw<OverviewRow[]>(Prisma.sql`
    SELECT job.type::text AS type, last.id, last.status::text AS status, last.started_at AS "startedAt",
      last.error_message AS "errorMessage", last.note, success.finished_at AS "lastSuccessAt"
    FROM unnest(enum_range(NULL::sync_type)) AS job(type)
    LEFT JOIN LATERAL (
      SELECT * FROM sync_log l WHERE l.type = job.type ORDER BY l.started_at DESC, l.id DESC LIMIT 1
    ) last ON true
    LEFT JOIN LATERAL (
      SELECT l.finished_at FROM sync_log l WHERE l.type = job.type AND l.status = 'completed'
      ORDER BY l.started_at DESC, l.id DESC LIMIT 1
    ) success ON true`);
  return SYNC_TYPES.map((type): JobOverview => {
    const row = rows.find((candidate) => candidate.type === type);
    const lastRun =
      row?.id != null && row.status !== null && row.startedAt !== null
        ? {
            id: String(row.id),
            status: row.status,
            startedAt: row.startedAt.toISOString(),
            errorMessage: row.errorMessage,
            note: row.note,
          }
        : null;
    return { type, lastRun, lastSuccessAt: row?.lastSuccessAt?.toISOString() ?? null };
  });
}

/** How old the data of a job is. */
export type DataHealth = {
  /** End of the last run that brought data; null = none has yet. */
  lastDataAt: string | null;
  /** Set while the newest finished run failed: since when, and what the last failure said. */
  failing: { since: string; code: string | null; message: string | null } | null;
  /** Whether a run is under way. */
  running: boolean;
};

/** Reads how old the data of one job is, and whether it fails at present. */
export async function getDataHealth(
  db: PrismaClient,
  type: "markets" | "whales",
): Promise<DataHealth> {
  const newestFirst: Prisma.SyncLogOrderByWithRelationInput[] = [
    { startedAt: "desc" },
    { id: "desc" },
  ];
  const [good, finished, underWay] = await Promise.all([
    db.syncLog.findFirst({
      where: {
        type,
        OR: [{ status: "completed" }, { status: "incomplete", fetched: { gt: 0 } }],
      },
      orderBy: newestFirst,
    }),
    db.syncLog.findFirst({
      where: { type, status: { in: ["completed", "incomplete", "failed"] } },
      orderBy: newestFirst,
    }),
    db.syncLog.findFirst({ where: { type, status: "running" }, select: { id: true } }),
  ]);
  const health = {
    lastDataAt: (good?.finishedAt ?? good?.startedAt)?.toISOString() ?? null,
    running: underWay !== null,
  };
  const failed = finished !== null && finished.id !== good?.id && finished.status !== "completed";
  if (!failed) return { ...health, failing: null };
  const first = await db.syncLog.findFirst({
    where: {
      type,
      status: { in: ["failed", "incomplete"] },
      startedAt: { gt: good?.startedAt ?? new Date(0) },
    },
    orderBy: [{ startedAt: "asc" }, { id: "asc" }],
  });
  return {
    ...health,
    failing: {
      since: (first ?? finished).startedAt.toISOString(),
      code: finished.errorCode,
      message: finished.errorMessage ?? finished.note,
    },
  };
}

function itemOf(row: SyncLog): SyncItem {
  const { id, runId: _, executingUntil: __, deadlineAt: ___, startedAt, finishedAt, ...rest } = row;
  return {
    ...rest,
    id: String(id),
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
