import type { PrismaClient } from "~/generated/prisma/client.ts";
import { announce } from "~/lib/live.server.ts";

/** Wallets one sync hands out at most (an event may carry 5,000); the rest is due at the next tick. */
const MAX_CLAIMED = 5000;

export type ClaimedWhale = { id: number; address: string };

/**
 * Takes the followed whales of a venue that are due, longest overdue first, and makes each a part of the sync. Nobody else gets them
 * until `claimedUntil`; asked again for the same sync, it answers the same whales. A time further ahead than any that is ever set comes
 * from a clock that was wrong and counts as due.
 * @param everyone all followed whales count as due, except those being read
 * @param limit at most this many (a probe of a venue that was down takes one)
 */
export async function claimDueWhales(
  db: PrismaClient,
  claim: {
    syncLogId: number;
    venue: string;
    everyone: boolean;
    limit?: number;
    now: Date;
    claimedUntil: Date;
  },
): Promise<ClaimedWhale[]> {
  return db.$transaction(async (tx) => {
    // Two ticks at once must not see the same wallets as free.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`claim:${claim.venue}`}))`;
    const existing = await tx.$queryRaw<ClaimedWhale[]>`
      SELECT w.id, w.address FROM sync_part p JOIN whale w ON w.id = p.key::int
      WHERE p.sync_log_id = ${claim.syncLogId}::int AND w.venue = ${claim.venue} ORDER BY w.id`;
    if (existing.length > 0) return existing;
    return tx.$queryRaw<ClaimedWhale[]>`
      WITH due AS (
        SELECT w.id, w.address
        FROM whale w
        LEFT JOIN stream_state s ON s.venue = w.venue AND s.kind = 'trades' AND s.wallet = w.address
        WHERE w.venue = ${claim.venue} AND w.followed
          AND (${claim.everyone}::boolean OR s.id IS NULL OR s.next_due_at <= ${claim.now}::timestamptz
            OR s.next_due_at > ${claim.now}::timestamptz + interval '2 hours')
          AND NOT EXISTS (
            SELECT 1 FROM sync_log l JOIN sync_part p ON p.sync_log_id = l.id
            WHERE l.type = 'whales' AND l.status = 'running' AND p.key = w.id::text AND p.status = 'running')
        ORDER BY s.next_due_at NULLS FIRST, w.id
        LIMIT ${Math.min(claim.limit ?? MAX_CLAIMED, MAX_CLAIMED)}::int
      ), streams AS (
        INSERT INTO stream_state (venue, kind, wallet, next_due_at)
        SELECT ${claim.venue}, 'trades', address, ${claim.claimedUntil}::timestamptz FROM due
        ON CONFLICT (venue, kind, wallet) DO UPDATE SET next_due_at = excluded.next_due_at
      ), parts AS (
        INSERT INTO sync_part (sync_log_id, key, status)
        SELECT ${claim.syncLogId}::int, id::text, 'running' FROM due
      ), log AS (
        UPDATE sync_log SET parts_total = parts_total + (SELECT count(*)::int FROM due)
        WHERE id = ${claim.syncLogId}::int RETURNING ${announce("syncs")}
      )
      SELECT id, address FROM due`;
  });
}

/** How many whales of a venue are followed. */
export async function countFollowed(db: PrismaClient, venue: string): Promise<number> {
  return db.whale.count({ where: { venue, followed: true } });
}

/** How many wallets running syncs have asked for and not yet heard of. */
export async function countReading(db: PrismaClient): Promise<number> {
  return db.syncPart.count({
    where: { status: "running", syncLog: { status: "running", type: "whales" } },
  });
}
