import { z } from "zod";
import type { PrismaClient, Replay } from "~/generated/prisma/client.ts";
import { oneOf } from "~/lib/api-errors.ts";
import { formatUtcShort } from "~/lib/format.ts";
import { decodeCursor, idCursor, type Page, pageOf } from "~/lib/keyset.ts";
import { frozenFilter } from "./letter-filter.ts";
import { chosenWords } from "./letter-words.ts";
import { paceOf } from "./replay-pace.ts";

/** What has become of the letters of a replay; they add up to its total. */
export type ReplayProgress = {
  /** Not asked for yet. */
  waiting: number;
  /** Asked for; the run has not ended. */
  running: number;
  succeeded: number;
  /** The run failed for good too. */
  failedAgain: number;
  /** Left the replay: it was aborted before they were asked for, their run was cancelled, or another replay has them. */
  released: number;
};

/** A replay; times ISO UTC. */
export type ReplayItem = Pick<Replay, "id" | "name" | "perMinute" | "total" | "status"> & {
  createdAt: string;
  finishedAt: string | null;
};

/** The newest replays, those that run with how far they are. */
export async function listReplays(
  db: PrismaClient,
  limit: number,
): Promise<(ReplayItem & { progress: ReplayProgress | null })[]> {
  const replays = await db.replay.findMany({
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit,
  });
  const running = replays.filter(({ status }) => status === "running");
  const progress = await readProgress(db, running);
  return replays.map((replay) => ({
    ...itemOf(replay),
    progress: progress.get(replay.id) ?? null,
  }));
}

/** One replay with how far it is. */
export type ReplayDetail = ReplayItem & {
  progress: ReplayProgress;
  /** Which letters were asked for, in words; null = not known any more. */
  choice: string | null;
  /** When the newest of its letters was asked for; null = none was. */
  lastRequestedAt: string | null;
};

/** One replay; null when there is none. */
export async function getReplay(db: PrismaClient, id: number): Promise<ReplayDetail | null> {
  const replay = await db.replay.findUnique({ where: { id } });
  if (!replay) return null;
  const progress = (await readProgress(db, [replay])).get(id);
  // Letters are asked for in the order of their ids.
  const last = await db.deadLetter.findFirst({
    where: { replayId: id, requestedAt: { not: null } },
    orderBy: { id: "desc" },
    select: { requestedAt: true },
  });
  const lastRequestedAt = last?.requestedAt?.toISOString() ?? null;
  return progress
    ? { ...itemOf(replay), progress, choice: choiceOf(replay), lastRequestedAt }
    : null;
}

function choiceOf({ filter }: Replay): string | null {
  const { success, data } = frozenFilter.safeParse(filter);
  return success ? `${chosenWords(data)}, failed until ${formatUtcShort(data.until)}` : null;
}

/** A running replay whose next letters are due for so long has lost its job. */
const STALLED_MS = 5 * 60_000;

/**
 * Whether a replay waits for a job that does not come: it was cut off while it claimed its letters or before its event, or its job failed.
 * @param now epoch milliseconds
 */
export function isStalled(replay: ReplayDetail, now: number): boolean {
  const claimed = replay.total > 0;
  if (replay.status !== "running" || (claimed && replay.progress.waiting === 0)) return false;
  const since = Date.parse(replay.lastRequestedAt ?? replay.createdAt);
  return now - since > paceOf(replay.perMinute).everyMs + STALLED_MS;
}

type Counts = { replayId: number } & Omit<ReplayProgress, "released">;

async function readProgress(
  db: PrismaClient,
  replays: Pick<Replay, "id" | "total">[],
): Promise<Map<number, ReplayProgress>> {
  const ids = replays.map(({ id }) => id);
  const counts = await db.$queryRaw<Counts[]>`
    SELECT r.id AS "replayId", c.* FROM unnest(${ids}::int[]) AS r(id), LATERAL (
      SELECT count(*) FILTER (WHERE status = 'open' AND requested_at IS NULL)::int AS waiting,
        count(*) FILTER (WHERE status = 'open' AND requested_at IS NOT NULL)::int AS running,
        count(*) FILTER (WHERE status = 'replayed' AND next_id IS NULL)::int AS succeeded,
        count(*) FILTER (WHERE status = 'replayed' AND next_id IS NOT NULL)::int AS "failedAgain"
      FROM dead_letter WHERE replay_id = r.id
    ) c`;
  const totals = new Map(replays.map(({ id, total }) => [id, total]));
  return new Map(
    counts.map(({ replayId, ...known }) => {
      const left = Object.values(known).reduce((sum, count) => sum + count, 0);
      return [replayId, { ...known, released: Math.max(0, (totals.get(replayId) ?? 0) - left) }];
    }),
  );
}

function itemOf({ id, name, perMinute, total, status, createdAt, finishedAt }: Replay): ReplayItem {
  return {
    id,
    name,
    perMinute,
    total,
    status,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

const OUTCOMES = ["waiting", "running", "succeeded", "failed"] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Query string of the page of a replay. */
export const replaySearch = z.strictObject({
  outcome: oneOf(OUTCOMES).optional(),
  cursor: z.string().optional(),
});

export type ReplayedItem = {
  id: number;
  functionId: string;
  stream: string | null;
  outcome: Outcome;
  requestedAt: string | null;
  resolvedAt: string | null;
  replayRunId: string | null;
  nextId: number | null;
};

const WHERE = {
  waiting: { status: "open", requestedAt: null },
  running: { status: "open", requestedAt: { not: null } },
  succeeded: { status: "replayed", nextId: null },
  failed: { status: "replayed", nextId: { not: null } },
} as const;

/**
 * The letters of a replay in the order in which they are asked for, with what became of each.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listReplayLetters(
  db: PrismaClient,
  query: { replayId: number; outcome?: Outcome; cursor?: string; limit: number },
): Promise<Page<ReplayedItem>> {
  const after = decodeCursor(query.cursor, idCursor);
  const rows = await db.deadLetter.findMany({
    where: {
      replayId: query.replayId,
      id: { gt: Number(after?.[0] ?? 0) },
      ...(query.outcome && WHERE[query.outcome]),
    },
    orderBy: { id: "asc" },
    take: query.limit + 1,
    select: {
      id: true,
      functionId: true,
      stream: true,
      status: true,
      requestedAt: true,
      resolvedAt: true,
      replayRunId: true,
      nextId: true,
    },
  });
  const items = rows.map(({ status, requestedAt, resolvedAt, ...row }) => ({
    ...row,
    outcome: outcomeOf({ status, requestedAt, nextId: row.nextId }),
    requestedAt: requestedAt?.toISOString() ?? null,
    resolvedAt: resolvedAt?.toISOString() ?? null,
  }));
  return pageOf(items, query.limit, ({ id }) => [String(id)]);
}

function outcomeOf(letter: {
  status: string;
  requestedAt: Date | null;
  nextId: number | null;
}): Outcome {
  if (letter.status === "open") return letter.requestedAt === null ? "waiting" : "running";
  return letter.nextId === null ? "succeeded" : "failed";
}
