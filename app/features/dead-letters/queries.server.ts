import { z } from "zod";
import type { DeadLetter, Prisma, PrismaClient } from "~/generated/prisma/client.ts";
import { limitParameter, oneOf } from "~/lib/api-errors.ts";
import { decodeCursor, type Page, pageOf, timeIntCursor } from "~/lib/keyset.ts";
import { WINDOWS } from "~/lib/windows.ts";
import { LETTER_STATUSES, type LetterStatus, letterFields } from "./letter-filter.ts";
import { OLD_DAYS } from "./letter-limits.ts";

const DAY_MS = 86_400_000;

const filters = {
  ...letterFields,
  status: oneOf(LETTER_STATUSES).optional(),
  window: oneOf(WINDOWS).optional(),
  cursor: z.string().optional(),
};

/** Query string of GET /api/v1/dead-letters. */
export const letterSearch = z.strictObject({ ...filters, limit: limitParameter });

/** Query string of the page that lists letters. */
export const letterPageSearch = z.strictObject(filters);

/** Query string of the page that lists their groups; `discarded` names the discard that led there. */
export const groupPageSearch = z
  .strictObject(filters)
  .omit({ stream: true, fingerprint: true })
  .extend({ discarded: z.string().max(100).optional() });

export type LetterQuery = {
  status?: LetterStatus;
  code?: string;
  function?: string;
  fingerprint?: string;
  stream?: string;
  /** Only letters that failed at or after this time. */
  since?: Date;
};

/** A dead letter in a list; times ISO UTC. */
export type LetterItem = Omit<
  DeadLetter,
  "id" | "event" | "failedAt" | "requestedAt" | "resolvedAt" | "replayId" | "nextId"
> & {
  id: string;
  failedAt: string;
  requestedAt: string | null;
  resolvedAt: string | null;
  replayId: string | null;
  nextId: string | null;
};

/**
 * Dead letters without their events, the last failed first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listLetters(
  db: PrismaClient,
  query: LetterQuery & { cursor?: string; limit: number },
): Promise<Page<LetterItem>> {
  const after = decodeCursor(query.cursor, timeIntCursor);
  const rows = await db.deadLetter.findMany({
    where: {
      status: query.status,
      errorCode: query.code,
      functionId: query.function,
      fingerprint: query.fingerprint,
      stream: query.stream,
      failedAt: { gte: query.since, lte: after?.[0] },
      ...(after && { OR: [{ failedAt: { lt: after[0] } }, { id: { lt: Number(after[1]) } }] }),
    },
    orderBy: [{ failedAt: "desc" }, { id: "desc" }],
    take: query.limit + 1,
    omit: { event: true },
  });
  return pageOf(rows.map(itemOf), query.limit, (letter) => [letter.failedAt, letter.id]);
}

/** A letter with its event, and what it is linked to. */
export type LetterDetail = LetterItem & {
  event: Prisma.JsonValue;
  replay: { id: number; name: string; status: string } | null;
  /** Letters whose work failed again with this one, the newest ten. */
  beforeIds: number[];
};

/** One letter; null when there is none. */
export async function getLetter(db: PrismaClient, id: number): Promise<LetterDetail | null> {
  const row = await db.deadLetter.findUnique({
    where: { id },
    include: {
      replay: { select: { id: true, name: true, status: true } },
      before: { select: { id: true }, orderBy: { id: "desc" }, take: 10 },
    },
  });
  if (!row) return null;
  const { replay, before, event, ...letter } = row;
  return { ...itemOf(letter), event, replay, beforeIds: before.map((other) => other.id) };
}

/** The group of a fingerprint; null when there is none. */
export async function getGroup(db: PrismaClient, fingerprint: string) {
  const row = await db.deadLetterGroup.findUnique({ where: { fingerprint } });
  return (
    row && {
      code: row.code,
      message: row.message,
      firstSeenAt: row.firstSeenAt.toISOString(),
      lastSeenAt: row.lastSeenAt.toISOString(),
    }
  );
}

/** As many as a count says; `more` = there are more than that. */
export type CappedCount = { count: number; more: boolean };

/** Open letters whose time is nearly over, of which `cap` are counted. */
export function countOld(db: PrismaClient, now: number, cap = 1_000): Promise<CappedCount> {
  return countOpen(db, cap, new Date(now - OLD_DAYS * DAY_MS));
}

/** Open letters, of which `cap` are counted; with `before`, those that failed before that time. */
export async function countOpen(
  db: PrismaClient,
  cap: number,
  before?: Date,
): Promise<CappedCount> {
  const count = await db.deadLetter.count({
    where: { status: "open", failedAt: { lt: before } },
    take: cap + 1,
  });
  return { count: Math.min(count, cap), more: count > cap };
}

function itemOf(row: Omit<DeadLetter, "event">): LetterItem {
  const { id, failedAt, requestedAt, resolvedAt, replayId, nextId, ...rest } = row;
  return {
    ...rest,
    id: String(id),
    failedAt: failedAt.toISOString(),
    requestedAt: requestedAt?.toISOString() ?? null,
    resolvedAt: resolvedAt?.toISOString() ?? null,
    replayId: replayId === null ? null : String(replayId),
    nextId: nextId === null ? null : String(nextId),
  };
}
