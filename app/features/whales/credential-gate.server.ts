import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { ErrorCode } from "~/reliability/errors.ts";

/** Codes that say the venue refuses us as such: asking for the next wallet would only be refused again. */
const REFUSALS: readonly ErrorCode[] = ["INVALID_CREDENTIALS", "TOKEN_EXPIRED", "UNAUTHORIZED"];

const MAX_WAIT_MINUTES = 60;

export type Refusal = { code: ErrorCode; message: string; nextTryAt: Date };

const gate = (venue: string) => ({
  venue_kind_wallet: { venue, kind: "wallets", wallet: "" },
});

/** Why a venue's wallets are not to be read now; null = they may be. */
export async function refusalOf(db: PrismaClient, venue: string): Promise<Refusal | null> {
  const state = await db.streamState.findUnique({ where: gate(venue) });
  if (!state?.lastErrorCode || state.failuresInRow === 0) return null;
  return {
    code: state.lastErrorCode as ErrorCode,
    message: state.lastErrorMessage ?? "",
    nextTryAt: state.nextDueAt,
  };
}

/**
 * Notes a failure that every wallet would meet; the next try is one wallet, after a wait that doubles from a minute up to an hour.
 * Wallets that were asked for together are refused together, which counts once. Other failures are no business of the gate.
 */
export async function noteRefusal(
  db: PrismaClient,
  venue: string,
  failure: { code: ErrorCode; message: string },
  now: Date,
): Promise<void> {
  if (!REFUSALS.includes(failure.code)) return;
  await db.$executeRaw`
    INSERT INTO stream_state AS s (venue, kind, wallet, failures_in_row, last_error_code, last_error_message, next_due_at)
    VALUES (${venue}, 'wallets', '', 1, ${failure.code}, ${failure.message},
      ${now}::timestamptz + interval '1 minute')
    ON CONFLICT (venue, kind, wallet) DO UPDATE SET
      failures_in_row = s.failures_in_row + 1,
      last_error_code = excluded.last_error_code,
      last_error_message = excluded.last_error_message,
      next_due_at = ${now}::timestamptz
        + least(${MAX_WAIT_MINUTES}::int, power(2, least(s.failures_in_row, 10))) * interval '1 minute',
      updated_at = ${now}::timestamptz
    WHERE s.failures_in_row = 0 OR s.next_due_at <= ${now}::timestamptz`;
}

/** The venue answered for a wallet, or the process starts with what may be another key: nothing is held back any more. */
export async function openGate(db: PrismaClient, venue?: string): Promise<void> {
  await db.streamState.updateMany({
    where: { kind: "wallets", failuresInRow: { gt: 0 }, ...(venue ? { venue } : {}) },
    data: { failuresInRow: 0, lastErrorCode: null, lastErrorMessage: null },
  });
}
