import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Clock } from "~/lib/clock.ts";
import { AppError } from "~/reliability/errors.ts";
import type { FollowInput } from "./follow-input.ts";

/**
 * Follows a wallet from now on: a new one, or one that is known already, whose label changes only when one is given. Repeating it
 * changes nothing.
 * @param venues the venues this server knows
 * @returns our id of the wallet, and whether it is new
 * @throws {AppError} INVALID_INPUT for a venue that is not among them
 */
export async function followWhale(
  { db, clock, venues }: { db: PrismaClient; clock: Clock; venues: readonly { id: string }[] },
  { venue, address, label }: FollowInput,
): Promise<{ id: number; created: boolean }> {
  if (!venues.some(({ id }) => id === venue)) {
    const known = venues.map(({ id }) => id).join(", ");
    throw new AppError("INVALID_INPUT", `venue: must be one of ${known}`);
  }
  const now = new Date(clock.now()).toISOString();
  const [row] = await db.$queryRaw<{ id: number; created: boolean }[]>`
    INSERT INTO whale (venue, address, label, source, followed, followed_at, created_at)
    VALUES (${venue}, ${address}, ${label ?? null}, 'manual', true, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (venue, address) DO UPDATE SET
      followed = true,
      followed_at = CASE WHEN whale.followed THEN whale.followed_at ELSE excluded.followed_at END,
      label = COALESCE(excluded.label, whale.label)
    RETURNING id, (xmax = 0) AS created`;
  if (!row) throw new AppError("EXECUTION_FAILED", "The wallet could not be stored.");
  return row;
}

/**
 * Stops following a wallet; its trades stay.
 * @returns false when there is no such whale
 */
export async function unfollowWhale(db: PrismaClient, id: number): Promise<boolean> {
  const { count } = await db.whale.updateMany({ where: { id }, data: { followed: false } });
  return count > 0;
}
