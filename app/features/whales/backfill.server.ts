import type { PrismaClient } from "~/generated/prisma/client.ts";
import { announcement } from "~/lib/live.server.ts";
import type { Send } from "~/lib/send.ts";
import { FIRST_READ } from "./backfill-plan.server.ts";
import type { BackfillRange } from "./backfill-range.ts";

/** What the event and the run of a backfill are known by: asked for twice with one request key, the work is done once. */
export function backfillKey(whaleId: number, requestKey: string): string {
  return `backfill-${whaleId}-${requestKey}`;
}

/**
 * Asks for a range of a wallet to be read again.
 * @param asked.requestKey of the form or call that asks
 * @returns the id of the event that was accepted
 * @throws what `send` throws when the job engine does not accept it
 */
export async function requestBackfill(
  send: Send,
  asked: { whaleId: number; range: BackfillRange; requestKey: string },
): Promise<string> {
  const id = backfillKey(asked.whaleId, asked.requestKey);
  const data = { whaleId: asked.whaleId, ...asked.range, origin: { idempotencyKey: id } };
  return send({ name: "sync/backfill.requested", id, data });
}

/**
 * What became of asking for a wallet: `claimed`, with the time up to which its trades were known; `busy` = another sync has it;
 * `refused` = it is not to be read again, and why.
 */
export type BackfillClaim =
  | { state: "claimed"; knownUntil: string }
  | { state: "busy"; syncLogId: number }
  | { state: "refused"; why: string };

/**
 * Makes a wallet the only part of a sync, and has its next read go down to `from`. Asked again for the same sync it answers the same.
 * Nobody else gets the wallet until `claimedUntil`.
 */
export async function claimForBackfill(
  db: PrismaClient,
  claim: { syncLogId: number; whaleId: number; from: Date; now: Date; claimedUntil: Date },
): Promise<BackfillClaim> {
  const { syncLogId, whaleId } = claim;
  const whale = await db.whale.findUnique({ where: { id: whaleId } });
  if (!whale?.followed) return { state: "refused", why: "The wallet is not followed any more." };
  const key = String(whaleId);
  const stream = { venue: whale.venue, kind: "trades", wallet: whale.address };
  return db.$transaction(async (tx) => {
    // As for a tick: two that ask at once must not see the same wallet as free.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`claim:${whale.venue}`}))`;
    const state = await tx.streamState.findUnique({ where: { venue_kind_wallet: stream } });
    if (!state?.watermark) return { state: "refused", why: FIRST_READ };
    const knownUntil = state.watermark.toISOString();
    const reading = await tx.syncPart.findMany({
      where: { key, status: "running", syncLog: { type: "whales", status: "running" } },
      select: { syncLogId: true },
    });
    if (reading.some((part) => part.syncLogId === syncLogId)) {
      return { state: "claimed", knownUntil };
    }
    const [other] = reading;
    if (other) return { state: "busy", syncLogId: other.syncLogId };
    // A read that is open begins anew: what it has seen may be older than what this one is to find.
    await tx.$executeRaw`
      UPDATE stream_state SET reread_until = least(reread_until, ${claim.from}::timestamptz),
        reread_due_at = ${claim.now}::timestamptz, reread_started_at = NULL, next_due_at = ${claim.claimedUntil}::timestamptz
      WHERE id = ${state.id}::int`;
    await tx.syncPart.create({ data: { syncLogId, key, status: "running" } });
    await tx.syncLog.update({ where: { id: syncLogId }, data: { partsTotal: { increment: 1 } } });
    await announcement(tx, "syncs");
    return { state: "claimed", knownUntil };
  });
}

/** Says in the log of a sync what it is for. */
export async function noteBackfill(db: PrismaClient, syncLogId: number, note: string) {
  await db.$transaction([
    db.syncLog.updateMany({ where: { id: syncLogId, status: "running" }, data: { note } }),
    announcement(db, "syncs"),
  ]);
}
