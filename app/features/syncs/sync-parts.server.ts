import type { PrismaClient, SyncStatus } from "~/generated/prisma/client.ts";
import { announce, announcement } from "~/lib/live.server.ts";
import type { SyncFailure } from "./sync-log.server.ts";

/** What a piece of a sync cost and brought. */
export type SyncCounts = {
  requests: number;
  /** Pages of the venue's lists that were answered. */
  pages: number;
  fetched: number;
  created: number;
  updated: number;
  duplicate: number;
  quarantined: number;
};

export const NO_COUNTS: SyncCounts = {
  requests: 0,
  pages: 0,
  fetched: 0,
  created: 0,
  updated: 0,
  duplicate: 0,
  quarantined: 0,
};

/** Names a part within its sync. */
export type PartKey = { syncLogId: number; key: string };

/** One more piece of a sync that others do; the sync closes when the last of them has reported. Added twice it is one. */
export async function addPart(db: PrismaClient, part: PartKey): Promise<void> {
  await db.$executeRaw`
    WITH added AS (
      INSERT INTO sync_part (sync_log_id, key, status) VALUES (${part.syncLogId}::int, ${part.key}, 'running')
      ON CONFLICT DO NOTHING RETURNING 1
    )
    UPDATE sync_log SET parts_total = parts_total + 1
    WHERE id = ${part.syncLogId}::int AND EXISTS (SELECT FROM added)
    RETURNING ${announce("syncs")}`;
}

/** The work of a part begins; one that is tried again, or has reported, keeps the time of its first begin. */
export async function beginPart(db: PrismaClient, part: PartKey, now: Date): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sync_part AS p (sync_log_id, key, status, started_at)
    VALUES (${part.syncLogId}::int, ${part.key}, 'running', ${now}::timestamptz)
    ON CONFLICT (sync_log_id, key) DO UPDATE SET started_at = excluded.started_at
      WHERE p.status = 'running' AND p.started_at IS NULL
    RETURNING ${announce("syncs")}`;
}

export type PartReport = PartKey & {
  /** A second report of the part changes nothing. */
  counts: SyncCounts;
  failure?: SyncFailure;
  /** What it did that no count says, in words. */
  note?: string;
  now: Date;
};

/**
 * Adds what one part brought to its sync, once however often it is reported, and closes the sync when that was the last part others
 * were asked for.
 */
export async function reportPart(db: PrismaClient, report: PartReport): Promise<void> {
  const { counts: c, failure } = report;
  const status: SyncStatus = failure ? "failed" : "completed";
  const failed = failure ? 1 : 0;
  await db.$executeRaw`
    WITH reported AS (
      INSERT INTO sync_part AS p (sync_log_id, key, status, requests, pages, fetched, created, updated, duplicate,
        quarantined, error_code, error_message, note, finished_at)
      VALUES (${report.syncLogId}::int, ${report.key}, ${status}::sync_status, ${c.requests}::int, ${c.pages}::int,
        ${c.fetched}::int, ${c.created}::int, ${c.updated}::int, ${c.duplicate}::int, ${c.quarantined}::int,
        ${failure?.code ?? null}, ${failure?.message ?? null}, ${report.note ?? null}, ${report.now}::timestamptz)
      ON CONFLICT (sync_log_id, key) DO UPDATE SET status = excluded.status,
        requests = p.requests + excluded.requests, pages = p.pages + excluded.pages,
        fetched = p.fetched + excluded.fetched, created = p.created + excluded.created,
        updated = p.updated + excluded.updated, duplicate = p.duplicate + excluded.duplicate,
        quarantined = p.quarantined + excluded.quarantined,
        error_code = excluded.error_code, error_message = excluded.error_message, note = excluded.note,
        finished_at = excluded.finished_at
        WHERE p.status = 'running'
      -- Of a sync that asked others for its parts, one that was there as running is one of those.
      RETURNING (xmax <> 0 AND (SELECT parts_total > 0 FROM sync_log WHERE id = ${report.syncLogId}::int))::int AS asked
    )
    UPDATE sync_log l SET
      requests = requests + ${c.requests}::int, pages = pages + ${c.pages}::int, fetched = fetched + ${c.fetched}::int,
      created = created + ${c.created}::int, updated = updated + ${c.updated}::int,
      duplicate = duplicate + ${c.duplicate}::int, quarantined = quarantined + ${c.quarantined}::int,
      parts_done = parts_done + asked,
      parts_failed = parts_failed + asked * ${failed}::int,
      error_code = coalesce(${failure?.code ?? null}, error_code),
      error_message = coalesce(${failure?.message ?? null}, error_message),
      status = CASE
        WHEN l.status <> 'running' OR asked = 0 OR parts_done + asked < parts_total THEN l.status
        WHEN parts_failed + ${failed}::int = 0 THEN 'completed'
        WHEN parts_failed + ${failed}::int < parts_total THEN 'incomplete'
        ELSE 'failed' END,
      finished_at = CASE WHEN l.status = 'running' AND asked = 1 AND parts_done + asked >= parts_total
        THEN ${report.now}::timestamptz ELSE finished_at END,
      note = CASE
        WHEN l.status = 'running' AND asked = 1 AND parts_done + asked >= parts_total AND parts_failed + ${failed}::int > 0
        THEN parts_failed + ${failed}::int || ' of ' || parts_total || ' wallets could not be read' ELSE note END
    FROM reported WHERE l.id = ${report.syncLogId}::int
    RETURNING ${announce("syncs")}`;
}

/** Adds what a piece of a part cost and brought, while its work goes on. */
export async function noteProgress(
  db: PrismaClient,
  part: PartKey,
  counts: SyncCounts,
): Promise<void> {
  await db.$transaction([...additions(db, part, counts), announcement(db, "syncs")]);
}

/**
 * Adds what an attempt cost and brought that then failed: it is true even if the part is tried again. Until then the part says why it
 * failed.
 */
export async function noteFailedAttempt(
  db: PrismaClient,
  part: PartKey,
  counts: SyncCounts,
  failure: SyncFailure,
): Promise<void> {
  await db.$transaction([
    ...additions(db, part, counts),
    db.syncPart.updateMany({
      where: { ...part, status: "running" },
      data: { errorCode: failure.code, errorMessage: failure.message },
    }),
    announcement(db, "syncs"),
  ]);
}

function additions(db: PrismaClient, part: PartKey, counts: SyncCounts) {
  const increments = Object.fromEntries(
    Object.entries(counts).map(([name, increment]) => [name, { increment }]),
  );
  return [
    db.syncPart.updateMany({ where: part, data: increments }),
    db.syncLog.updateMany({ where: { id: part.syncLogId }, data: increments }),
  ];
}
