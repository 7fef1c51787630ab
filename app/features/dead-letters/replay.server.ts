import type { PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { announce, announcement } from "~/lib/live.server.ts";
import type { OutgoingEvent, Send } from "~/lib/send.ts";
import { createError } from "~/reliability/errors.ts";
import { lockLetters } from "./commands.server.ts";
import { type FrozenFilter, freeLetters } from "./letter-filter.ts";
import { outgoingEventOf, type ReplayTargets, replayEventOf } from "./replay-event.ts";
import { finishReplays } from "./resolve.server.ts";
import { scanLetters } from "./scan.server.ts";

export type ReplayOrder = {
  name: string;
  filter: FrozenFilter;
  /** Letters a minute. */
  perMinute: number;
  /** Of the form or call that asks: asked twice it starts one replay. */
  requestKey: string;
};

/** The event that makes the job go on with a replay. */
const REPLAY_REQUESTED = "dead-letters/replay.requested";

/**
 * Starts a replay: claims the letters that can be replayed and hands them to the job. Asked again with the same key, also after a crash
 * in between, it goes on where it was and starts nothing twice.
 * @throws AppError INVALID_INPUT when none of the letters is free or can be replayed; SERVICE_UNAVAILABLE when no event is taken
 */
export async function startReplay(
  { db, send }: { db: PrismaClient; send: Send },
  order: ReplayOrder,
  { targets, now }: { targets: ReplayTargets; now: Date },
): Promise<number> {
  const { id, total, status, filter } = await openReplay(db, order, now);
  if (status !== "running") return id;
  if (total === 0 && (await claimLetters(db, id, filter, targets)) === 0) {
    await db.replay.deleteMany({ where: { id, total: 0 } });
    throw createError(
      "INVALID_INPUT",
      "There is nothing to replay: none of these letters is open, free of another replay, and can be replayed.",
    );
  }
  await send({ name: REPLAY_REQUESTED, data: { replayId: id }, id: `replay-${id}` });
  return id;
}

async function openReplay(db: PrismaClient, order: ReplayOrder, now: Date) {
  await db.$executeRaw`
    INSERT INTO replay (name, filter, request_key, per_minute, total, created_at)
    VALUES (${order.name}, ${toJsonb(order.filter)}::jsonb, ${order.requestKey}, ${order.perMinute}, 0, ${now}::timestamptz)
    ON CONFLICT (request_key) DO NOTHING`;
  const replay = await db.replay.findUniqueOrThrow({
    where: { requestKey: order.requestKey },
    select: { id: true, total: true, status: true },
  });
  return { ...replay, filter: order.filter };
}

/** @returns how many letters the replay has now */
async function claimLetters(
  db: PrismaClient,
  replayId: number,
  filter: FrozenFilter,
  targets: ReplayTargets,
): Promise<number> {
  for await (const letters of scanLetters(db, freeLetters(filter))) {
    const ids = letters
      .filter((letter) => !("refused" in replayEventOf(letter, targets)))
      .map(({ id }) => id);
    await db.$transaction([
      lockLetters(db),
      db.deadLetter.updateMany({
        where: { ...freeLetters(filter), id: { in: ids } },
        data: { replayId, requestedAt: null },
      }),
    ]);
  }
  const total = await db.deadLetter.count({ where: { replayId } });
  await db.$executeRaw`
    UPDATE replay SET total = ${total} WHERE id = ${replayId} RETURNING ${announce("dead-letters")}`;
  return total;
}

/** The next events of a replay; `over` = there are none any more, because all are sent or the replay was aborted. */
export type ReplayBatch = { over: boolean; letterIds: number[]; events: OutgoingEvent[] };

/**
 * The letters of a running replay that are to be asked for next. A letter that cannot be replayed any more leaves the replay.
 * @param limit letters
 */
export async function nextBatch(
  db: PrismaClient,
  replayId: number,
  limit: number,
  { targets, now }: { targets: ReplayTargets; now: Date },
): Promise<ReplayBatch> {
  const letters = await db.deadLetter.findMany({
    where: { replayId, status: "open", requestedAt: null, replay: { status: "running" } },
    orderBy: { id: "asc" },
    take: limit,
    select: { id: true, functionId: true, idempotencyKey: true, correlationId: true, event: true },
  });
  const sendable = letters.flatMap((letter) => {
    const event = outgoingEventOf(replayId, letter, targets);
    return event ? [{ id: letter.id, event }] : [];
  });
  if (sendable.length < letters.length) {
    const refused = letters.map(({ id }) => id).filter((id) => !sendable.some((s) => s.id === id));
    await db.deadLetter.updateMany({ where: { id: { in: refused } }, data: { replayId: null } });
  }
  if (sendable.length === 0) await finishReplays(db, now);
  return {
    over: letters.length === 0,
    letterIds: sendable.map(({ id }) => id),
    events: sendable.map(({ event }) => event),
  };
}

/** The events of these letters are sent. */
export async function markRequested(
  db: PrismaClient,
  replayId: number,
  letterIds: number[],
  now: Date,
): Promise<void> {
  await db.$transaction([
    db.deadLetter.updateMany({
      where: { id: { in: letterIds }, replayId, requestedAt: null },
      data: { requestedAt: now },
    }),
    announcement(db, "dead-letters"),
  ]);
}

/**
 * Stops a replay: what was not asked for is free again, what was asked for goes on.
 * @returns false where there is no running replay with this id
 */
export async function abortReplay(db: PrismaClient, id: number, now: Date): Promise<boolean> {
  const [{ count }] = await db.$transaction([
    db.replay.updateMany({
      where: { id, status: "running" },
      data: { status: "aborted", finishedAt: now },
    }),
    db.deadLetter.updateMany({
      where: { replayId: id, status: "open", requestedAt: null, replay: { status: "aborted" } },
      data: { replayId: null },
    }),
    announcement(db, "dead-letters"),
  ]);
  return count > 0;
}

/**
 * Asks the job to go on with a replay that waits for it. Its letters are not sent twice, whoever else is at it.
 * @returns false where there is no running replay with this id
 * @throws AppError SERVICE_UNAVAILABLE when no event is taken
 */
export async function resumeReplay(
  { db, send }: { db: PrismaClient; send: Send },
  id: number,
): Promise<boolean> {
  const replay = await db.replay.findFirst({ where: { id, status: "running" } });
  if (!replay) return false;
  // One that was cut off while it claimed its letters has those that it got.
  await db.$executeRaw`
    UPDATE replay SET total = (SELECT count(*)::int FROM dead_letter WHERE replay_id = ${id}::int)
    WHERE id = ${id}::int AND total = 0`;
  const asked = await db.deadLetter.count({ where: { replayId: id, requestedAt: { not: null } } });
  const lost = await db.run.count({
    where: { action: "replay-dead-letters", subject: String(id), status: { not: "running" } },
  });
  const event = { name: REPLAY_REQUESTED, data: { replayId: id } };
  // Two clicks are one event; after a job that came to nothing the next click is another.
  await send({ ...event, id: `replay-${id}-go-on-${asked}-${lost}` });
  return true;
}
