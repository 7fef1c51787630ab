import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { decodeCursor, encodeCursor, type Page, timeKeyCursor } from "~/lib/keyset.ts";
import type { LetterStatus } from "./letter-filter.ts";
import type { CappedCount } from "./queries.server.ts";

/** Letters of a group that are counted. */
const MOST_COUNTED = 1_000;
/** Its newest letters, by which a group says what it is about. */
const SAMPLED = 30;
/** Groups that one page looks at for those that fit; the next goes on from there. */
const SCANNED = 250;

/** Streams of a group that are named: more of them for every group make up most of the page. */
const STREAMS_NAMED = 5;

/** Letters with one cause; times ISO UTC. */
export type LetterGroup = {
  fingerprint: string;
  code: string;
  /** Of the first letter. */
  message: string;
  firstSeenAt: string;
  lastSeenAt: string;
  /** Of the letters that were asked for. */
  letters: CappedCount;
  /** Jobs and streams of its newest letters; the first streams by name, and how many there are. */
  functionIds: string[];
  streams: string[];
  streamCount: number;
  /** The newest letter. */
  sampleId: number;
};

export type GroupQuery = {
  status: LetterStatus;
  code?: string;
  function?: string;
  /** Only letters that failed at or after this time. */
  since?: Date;
};

type Row = {
  fingerprint: string;
  code: string;
  message: string;
  firstSeenAt: Date;
  lastSeenAt: Date;
  scanned: number;
  fits: boolean;
  count: number;
  functionIds: string[];
  streams: string[];
  streamCount: number;
  sampleId: number;
};

/**
 * The groups that have letters of the query, the last seen first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listGroups(
  db: PrismaClient,
  query: GroupQuery & { cursor?: string; limit: number },
): Promise<Page<LetterGroup>> {
  const rows = await readGroups(db, query);
  const last = rows.at(query.limit - 1) ?? rows.at(-1);
  // The last row stands for where the look ended, whether it fits or not.
  const whole = rows.length <= query.limit && (last?.scanned ?? 0) < SCANNED;
  return {
    data: rows.slice(0, query.limit).flatMap(groupOf),
    nextCursor:
      whole || !last ? null : encodeCursor([last.lastSeenAt.toISOString(), last.fingerprint]),
  };
}

function readGroups(
  db: PrismaClient,
  query: GroupQuery & { cursor?: string; limit: number },
): Promise<Row[]> {
  const after = decodeCursor(query.cursor, timeKeyCursor);
  const letters = Prisma.sql`l.fingerprint = g.fingerprint AND l.status = ${query.status}::dead_letter_status
    ${query.function === undefined ? Prisma.empty : Prisma.sql`AND l.function_id = ${query.function}`}
    ${query.since === undefined ? Prisma.empty : Prisma.sql`AND l.failed_at >= ${query.since}::timestamptz`}`;
  return db.$queryRaw<Row[]>`
    WITH looked AS (
      SELECT g.*, row_number() OVER (ORDER BY last_seen_at DESC, fingerprint)::int AS place FROM (
        SELECT * FROM dead_letter_group
        WHERE true
          ${query.since === undefined ? Prisma.empty : Prisma.sql`AND last_seen_at >= ${query.since}::timestamptz`}
          ${after === null ? Prisma.empty : placeAfter(after)}
        ORDER BY last_seen_at DESC, fingerprint LIMIT ${SCANNED}::int
      ) g
    ), fitting AS (
      SELECT g.*, found.id IS NOT NULL AS fits FROM looked g LEFT JOIN LATERAL (
        SELECT l.id FROM dead_letter l WHERE ${letters} LIMIT 1
      ) found ON ${query.code === undefined ? Prisma.sql`true` : Prisma.sql`g.code = ${query.code}`}
      WHERE found.id IS NOT NULL OR place = ${SCANNED}::int
      ORDER BY place LIMIT ${query.limit + 1}::int
    )
    SELECT g.fingerprint, g.code, g.message, g.first_seen_at AS "firstSeenAt", g.last_seen_at AS "lastSeenAt",
      g.place AS scanned, g.fits, counted.count, sample.function_ids AS "functionIds", sample.streams,
      sample.stream_count AS "streamCount", sample.id AS "sampleId"
    FROM fitting g,
    LATERAL (
      SELECT count(*)::int AS count
      FROM (SELECT FROM dead_letter l WHERE ${letters} LIMIT ${MOST_COUNTED + 1}::int) c
    ) counted,
    LATERAL (
      SELECT max(s.id) AS id, array_agg(DISTINCT s.function_id) AS function_ids,
        coalesce((array_agg(DISTINCT s.stream) FILTER (WHERE s.stream IS NOT NULL))[1:${STREAMS_NAMED}::int], '{}') AS streams,
        count(DISTINCT s.stream)::int AS stream_count
      FROM (
        SELECT l.id, l.function_id, l.stream FROM dead_letter l WHERE ${letters}
        ORDER BY l.failed_at DESC, l.id DESC LIMIT ${SAMPLED}::int
      ) s
    ) sample
    ORDER BY g.place`;
}

function placeAfter([time, fingerprint]: readonly [string | null, string]) {
  return Prisma.sql`AND last_seen_at <= ${time}::timestamptz
    AND (last_seen_at < ${time}::timestamptz OR fingerprint > ${fingerprint})`;
}

function groupOf(row: Row): LetterGroup[] {
  const { count, scanned: _, fits, firstSeenAt, lastSeenAt, ...rest } = row;
  if (!fits) return [];
  return [
    {
      ...rest,
      firstSeenAt: firstSeenAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
      letters: { count: Math.min(count, MOST_COUNTED), more: count > MOST_COUNTED },
    },
  ];
}
