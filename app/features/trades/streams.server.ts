import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { ErrorCode } from "~/reliability/errors.ts";
import { parseCovered } from "./coverage.ts";
import type { ReadStart } from "./read-wallet.ts";
import type { TradeStream } from "./store-page.server.ts";

/** Times that a list must have ended before its total until that is taken for all the venue serves. */
const EARLY_ENDS = 12;

export type OpenedRead = { stream: TradeStream; start: ReadStart };

/**
 * Prepares the next stretch of reading a wallet.
 * @param first the read begins at the top of the list; false = a step of the same run goes on
 * @param rereadNow a due-later reread is taken now
 * @param retentionDays trades are kept this long; 0 = for ever. The first read of a wallet takes older ones all the same
 */
export async function openRead(
  db: PrismaClient,
  whale: { id: number; venue: string; address: string; ledgerSince: Date | null },
  options: { first: boolean; rereadNow: boolean; now: Date; retentionDays: number },
): Promise<OpenedRead> {
  const key = { venue: whale.venue, kind: "trades", wallet: whale.address };
  let state = await db.streamState.upsert({
    where: { venue_kind_wallet: key },
    create: { ...key, nextDueAt: options.now },
    update: {},
  });
  const due = options.rereadNow || (state.rereadDueAt !== null && state.rereadDueAt <= options.now);
  if (options.first && state.rereadUntil && !state.rereadStartedAt && due) {
    state = await db.streamState.update({
      where: { id: state.id },
      data: { rereadStartedAt: options.now, covered: [] },
    });
  }
  return {
    stream: { id: state.id, venue: whale.venue, wallet: whale.address, whaleId: whale.id },
    start: {
      progress: {
        watermark: state.watermark?.getTime() ?? null,
        covered: parseCovered(state.covered),
        rereadUntil: state.rereadUntil?.getTime() ?? null,
        completeSince: state.completeSince?.getTime() ?? null,
      },
      fromTop: options.first,
      rereading: state.rereadStartedAt !== null,
      acceptEarlyEnd: state.earlyEnds >= EARLY_ENDS,
      endedEarly: state.earlyEnds > 0,
      keptSince: keptSince({ ...state, ledgerSince: whale.ledgerSince }, options),
    },
  };
}

/**
 * Before this time (epoch milliseconds) nothing is read again: retention has removed what was there, or will. A longer retention than
 * before does not bring it back, because the wallet's ledger has counted it.
 */
export function keptSince(
  state: { completeSince: Date | null; earlyEnds: number; ledgerSince: Date | null },
  { now, retentionDays }: { now: Date; retentionDays: number },
): number {
  const { completeSince, earlyEnds, ledgerSince } = state;
  if (completeSince === null) return 0;
  // Below an early end nothing has been removed, unless retention, which leaves the ledger's time alone, has come after it.
  const byRetention = earlyEnds === 0 || (ledgerSince !== null && completeSince > ledgerSince);
  const removed = byRetention ? completeSince.getTime() : 0;
  return Math.max(removed, retentionDays === 0 ? 0 : now.getTime() - retentionDays * 86_400_000);
}

/** The list ended before the total it states. */
export async function recordEarlyEnd(db: PrismaClient, streamId: number): Promise<void> {
  await db.streamState.update({ where: { id: streamId }, data: { earlyEnds: { increment: 1 } } });
}

/** The wallet was read: it is due again at `nextDueAt`. */
export async function recordRead(db: PrismaClient, streamId: number, nextDueAt: Date) {
  await db.streamState.update({
    where: { id: streamId },
    data: { nextDueAt, failuresInRow: 0, lastErrorCode: null, lastErrorMessage: null },
  });
}

/** The wallet is to be read from then on. */
export async function makeDue(
  db: PrismaClient,
  whale: { venue: string; address: string },
  nextDueAt: Date,
) {
  await db.streamState.updateMany({
    where: { venue: whale.venue, kind: "trades", wallet: whale.address },
    data: { nextDueAt },
  });
}

/** Minutes until a wallet that could not be read is due again grow with its failures in a row, up to this. */
const MAX_FAILURE_WAIT_MINUTES = 60;

/** The wallet could not be read; what was stored before the failure stays, and the next read goes on from there. */
export async function recordReadFailure(
  db: PrismaClient,
  stream: { venue: string; wallet: string },
  failure: { code: ErrorCode; message: string },
  now: Date,
) {
  await db.$executeRaw`
    UPDATE stream_state SET failures_in_row = failures_in_row + 1, last_error_code = ${failure.code},
      last_error_message = ${failure.message}, updated_at = ${now}::timestamptz,
      next_due_at = ${now}::timestamptz
        + least(${MAX_FAILURE_WAIT_MINUTES}::int, power(2, least(failures_in_row, 10))) * interval '1 minute'
    WHERE venue = ${stream.venue} AND kind = 'trades' AND wallet = ${stream.wallet}`;
}
