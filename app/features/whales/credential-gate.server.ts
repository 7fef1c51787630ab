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
 * Notes a failure that every wallet would meet; the next try is one wallet, after a wait that doubles up to an hour. Other failures are
 * no business of the gate.
 */
export async function noteRefusal(
  db: PrismaClient,
  venue: string,
  failure: { code: ErrorCode; message: string },
  now: Date,
): Promise<void> {
  if (!REFUSALS.includes(failure.code)) return;
  const state = await db.streamState.upsert({
    where: gate(venue),
    create: { venue, kind: "wallets", wallet: "", nextDueAt: now },
    update: {},
  });
  // Wallets that were asked for together are refused together; that is one refusal.
  if (state.failuresInRow > 0 && state.nextDueAt > now) return;
  const minutes = Math.min(MAX_WAIT_MINUTES, 2 ** state.failuresInRow);
  await db.streamState.update({
    where: { id: state.id },
    data: {
      failuresInRow: { increment: 1 },
      lastErrorCode: failure.code,
      lastErrorMessage: failure.message,
      nextDueAt: new Date(now.getTime() + minutes * 60_000),
    },
  });
}

/** The venue answered for a wallet, or the process starts with what may be another key: nothing is held back any more. */
export async function openGate(db: PrismaClient, venue?: string): Promise<void> {
  await db.streamState.updateMany({
    where: { kind: "wallets", failuresInRow: { gt: 0 }, ...(venue ? { venue } : {}) },
    data: { failuresInRow: 0, lastErrorCode: null, lastErrorMessage: null },
  });
}
