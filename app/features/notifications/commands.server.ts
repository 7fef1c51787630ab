import { z } from "zod";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { announcement } from "~/lib/live.server.ts";
import { requestKeyField } from "~/lib/request-key.server.ts";
import type { Send } from "~/lib/send.ts";

const id = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be the number of a notification")
  .transform(Number);

/** What the page /notifications can be asked to do. */
export const notificationAction = z.discriminatedUnion(
  "intent",
  [
    z.strictObject({ intent: z.literal("read"), id }),
    z.strictObject({ intent: z.literal("read-all"), through: id }),
    z.strictObject({ intent: z.literal("test"), requestKey: requestKeyField }),
  ],
  "intent must be read, read-all or test",
);

/** Marks one notification as read; one that is read already, or is gone, stays as it is. */
export async function markRead(db: PrismaClient, id: number, now: Date): Promise<void> {
  await mark(db, { id }, now);
}

/** Marks every notification up to that number as read: what came after the page was made is still news. */
export async function markAllRead(db: PrismaClient, through: number, now: Date): Promise<void> {
  await mark(db, { id: { lte: through } }, now);
}

async function mark(
  db: PrismaClient,
  where: { id: number | { lte: number } },
  now: Date,
): Promise<void> {
  await db.$transaction([
    db.notification.updateMany({ where: { ...where, readAt: null }, data: { readAt: now } }),
    announcement(db, "notifications"),
  ]);
}

/**
 * Asks for a test message to every channel.
 * @param asked.requestKey equal for every delivery of one click: the message is sent once
 * @throws what `send` throws when the job engine does not accept it
 */
export async function requestTest(
  send: Send,
  { now, requestKey }: { now: Date; requestKey?: string },
): Promise<void> {
  const event = { name: "notification/test.requested", data: { requestedAt: now.toISOString() } };
  await send(requestKey === undefined ? event : { ...event, id: `test-${requestKey}` });
}
