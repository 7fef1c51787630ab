import { z } from "zod";
import type { PrismaClient, QuarantinedRow } from "~/generated/prisma/client.ts";
import { limitParameter } from "~/lib/api-errors.ts";
import { decodeCursor, idCursor, type Page, pageOf, timeIntCursor } from "~/lib/keyset.ts";

/** Query string of /quarantine.csv; `sync` is the run that was the last to meet a row. */
export const quarantineFileSearch = z.strictObject({
  status: z.enum(["open", "healed"], "must be open or healed").optional(),
  sync: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be the id of a run")
    .transform(Number)
    .optional(),
});

/** Query string of GET /api/v1/quarantine. */
export const quarantineSearch = quarantineFileSearch.extend({
  cursor: z.string().optional(),
  limit: limitParameter,
});

type QuarantineFilter = { status?: "open" | "healed" };

/** A row that failed its schema, as received; times ISO UTC. */
export type QuarantineItem = {
  id: string;
  venue: string;
  kind: string;
  /** The wallet whose list it came from; null where there is none. */
  wallet: string | null;
  path: string;
  message: string;
  status: QuarantinedRow["status"];
  payload: QuarantinedRow["payload"];
  firstSeenAt: string;
  lastSeenAt: string;
  healedAt: string | null;
};

/**
 * Quarantined rows, last seen first; with `sync` those that this run was the last to meet, in the order they were first met.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listQuarantine(
  db: PrismaClient,
  { sync, ...query }: QuarantineFilter & { sync?: number; cursor?: string; limit: number },
): Promise<Page<QuarantineItem>> {
  if (sync !== undefined) return listQuarantineOfRun(db, { ...query, syncLogId: sync });
  const after = decodeCursor(query.cursor, timeIntCursor);
  const rows = await db.quarantinedRow.findMany({
    where: {
      status: query.status,
      ...(after && {
        lastSeenAt: { lte: after[0] },
        OR: [{ lastSeenAt: { lt: after[0] } }, { id: { lt: Number(after[1]) } }],
      }),
    },
    orderBy: [{ lastSeenAt: "desc" }, { id: "desc" }],
    take: query.limit + 1,
  });
  return pageOf(rows.map(itemOf), query.limit, (row) => [row.lastSeenAt, row.id]);
}

/**
 * Quarantined rows that a run was the last to meet, in the order they were first met.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listQuarantineOfRun(
  db: PrismaClient,
  query: QuarantineFilter & { syncLogId: number; cursor?: string; limit: number },
): Promise<Page<QuarantineItem>> {
  const after = decodeCursor(query.cursor, idCursor);
  const rows = await db.quarantinedRow.findMany({
    where: {
      syncLogId: query.syncLogId,
      status: query.status,
      id: { gt: Number(after?.[0] ?? 0) },
    },
    orderBy: { id: "asc" },
    take: query.limit + 1,
  });
  return pageOf(rows.map(itemOf), query.limit, (row) => [row.id]);
}

function itemOf(row: QuarantinedRow): QuarantineItem {
  return {
    id: String(row.id),
    venue: row.venue,
    kind: row.kind,
    wallet: row.wallet || null,
    path: row.path,
    message: row.message,
    status: row.status,
    payload: row.payload,
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    healedAt: row.healedAt?.toISOString() ?? null,
  };
}
