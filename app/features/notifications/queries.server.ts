import { z } from "zod";
import { Prisma, type PrismaClient, type Severity } from "~/generated/prisma/client.ts";
import { limitParameter, oneOf } from "~/lib/api-errors.ts";
import { decodeCursor, type Page, pageOf, timeIntCursor } from "~/lib/keyset.ts";

const SEVERITIES = ["error", "warning", "success", "info"] as const satisfies readonly Severity[];

const filters = {
  severity: oneOf(SEVERITIES).optional(),
  unread: z.literal("1", "must be 1, or left out").optional(),
  cursor: z.string().optional(),
};

/** Query string of GET /api/v1/notifications. */
export const notificationSearch = z.strictObject({ ...filters, limit: limitParameter });

/** Query string of the page /notifications; `tested` says when a test was asked for. */
export const notificationPageSearch = z.strictObject({
  ...filters,
  tested: z.iso.datetime("must be a time").optional(),
});

type NotificationQuery = {
  severity?: Severity;
  unread?: "1";
  cursor?: string;
  limit: number;
};

/** Something a person was told; times ISO UTC. */
export type NotificationItem = {
  id: string;
  kind: "incident" | "recovery";
  severity: Severity;
  /** A venue's id, or "app". */
  scope: string;
  title: string;
  body: string;
  /** Path of a page that shows more. */
  link: string | null;
  createdAt: string;
  readAt: string | null;
  /** Of an incident: when it was over; null = it is open, or this is a recovery. */
  resolvedAt: string | null;
  /** Of a recovery: the incident that is over. */
  incidentId: string | null;
  /** Of an open incident: what stands just now. */
  standing: { key: string; severity: Severity; text: string; since: string }[];
};

/**
 * What a person was told, newest first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listNotifications(
  db: PrismaClient,
  query: NotificationQuery,
): Promise<Page<NotificationItem>> {
  const after = decodeCursor(query.cursor, timeIntCursor);
  const rows = await db.notification.findMany({
    where: {
      severity: query.severity,
      readAt: query.unread ? null : undefined,
      createdAt: { lte: after?.[0] },
      ...(after && { OR: [{ createdAt: { lt: after[0] } }, { id: { lt: Number(after[1]) } }] }),
    },
    include: { conditions: { where: { clearedAt: null }, orderBy: { raisedAt: "asc" } } },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: query.limit + 1,
  });
  const items = rows.map(
    ({ conditions, incidentId, ...row }): NotificationItem => ({
      ...row,
      id: String(row.id),
      createdAt: row.createdAt.toISOString(),
      readAt: row.readAt?.toISOString() ?? null,
      resolvedAt: row.resolvedAt?.toISOString() ?? null,
      incidentId: incidentId === null ? null : String(incidentId),
      standing: (row.resolvedAt ? [] : conditions).map(({ key, severity, text, raisedAt }) => ({
        key,
        severity,
        text,
        since: raisedAt.toISOString(),
      })),
    }),
  );
  return pageOf(items, query.limit, (item) => [item.createdAt, item.id]);
}

/** What has not been read, for the bell. */
export type Unread = {
  /** At most `MOST_UNREAD`. */
  count: number;
  /** An error is among them. */
  grave: boolean;
};

const MOST_UNREAD = 100;

/** Counts what has not been read, up to a hundred: it is read with every page. */
export async function getUnread(db: PrismaClient): Promise<Unread> {
  const [unread] = await db.$queryRaw<Unread[]>(Prisma.sql`
    SELECT count(*)::int AS count, coalesce(bool_or(severity = 'error'), false) AS grave FROM (
      SELECT severity FROM notification WHERE read_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${MOST_UNREAD}
    ) newest`);
  return unread ?? { count: 0, grave: false };
}
