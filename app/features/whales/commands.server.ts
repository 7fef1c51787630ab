import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Clock } from "~/lib/clock.ts";
import { announce, announcement } from "~/lib/live.server.ts";
import { createError } from "~/reliability/errors.ts";
import type { FollowInput } from "./follow-input.ts";

/**
 * Follows a wallet from now on: a new one, or one that is known already, whose label changes only when one is given. Repeating it
 * changes nothing. The wallet is read at the next tick.
 * @param venues the venues this server knows
 * @returns our id of the wallet, whether it is new, and whether it was followed before
 * @throws {AppError} INVALID_INPUT for a venue that is not among them
 */
export async function followWhale(
  { db, clock, venues }: { db: PrismaClient; clock: Clock; venues: readonly { id: string }[] },
  { venue, address, label }: FollowInput,
): Promise<{ id: number; created: boolean; wasFollowed: boolean }> {
  if (!venues.some(({ id }) => id === venue)) {
    const known = venues.map(({ id }) => id).join(", ");
    throw createError("INVALID_INPUT", `venue: must be one of ${known}`);
  }
  const now = new Date(clock.now()).toISOString();
  // A wallet that was followed before may wait for a read that is hours away: it is due at once.
  const [row] = await db.$queryRaw<{ id: number; created: boolean; wasFollowed: boolean }[]>`
    WITH before AS (
      SELECT followed FROM whale WHERE venue = ${venue} AND address = ${address}
    ), due AS (
      UPDATE stream_state SET next_due_at = ${now}::timestamptz
      WHERE venue = ${venue} AND kind = 'trades' AND wallet = ${address} AND next_due_at > ${now}::timestamptz
        AND NOT (SELECT followed FROM before)
    )
    INSERT INTO whale (venue, address, label, source, followed, followed_at, created_at)
    VALUES (${venue}, ${address}, ${label ?? null}, 'manual', true, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (venue, address) DO UPDATE SET
      followed = true,
      followed_at = CASE WHEN whale.followed THEN whale.followed_at ELSE excluded.followed_at END,
      label = COALESCE(excluded.label, whale.label)
    RETURNING id, (xmax = 0) AS created, coalesce((SELECT followed FROM before), false) AS "wasFollowed",
      ${announce("whales")} AS announced`;
  if (!row) throw createError("EXECUTION_FAILED", "The wallet could not be stored.");
  return { id: row.id, created: row.created, wasFollowed: row.wasFollowed };
}

/**
 * Follows a known wallet again; its label stays.
 * @returns false when there is no such whale
 */
export async function refollowWhale(
  services: Parameters<typeof followWhale>[0],
  id: number,
): Promise<boolean> {
  const whale = await services.db.whale.findUnique({
    where: { id },
    select: { venue: true, address: true },
  });
  if (!whale) return false;
  await followWhale(services, whale);
  return true;
}

/**
 * Stops following a wallet; its trades stay.
 * @returns false when there is no such whale
 */
export async function unfollowWhale(db: PrismaClient, id: number): Promise<boolean> {
  const [{ count }] = await db.$transaction([
    db.whale.updateMany({ where: { id }, data: { followed: false } }),
    announcement(db, "whales"),
  ]);
  return count > 0;
}

/**
 * Gives a whale a label, or takes it off (null).
 * @returns false when there is no such whale
 */
export async function labelWhale(
  db: PrismaClient,
  id: number,
  label: string | null,
): Promise<boolean> {
  const [{ count }] = await db.$transaction([
    db.whale.updateMany({ where: { id }, data: { label } }),
    announcement(db, "whales"),
  ]);
  return count > 0;
}
