import { z } from "zod";
import type { PrismaClient, SyncLog } from "~/generated/prisma/client.ts";
import { limitParameter, oneOf, timeParameter } from "~/lib/api-errors.ts";
import { decodeCursor, type Page, pageOf, timeIntCursor } from "~/lib/keyset.ts";
import { sinceOf, WINDOWS } from "~/lib/windows.ts";
import { readJobFacts } from "./job-facts.server.ts";
import { type JobFacts, jobState, lastGoodAt } from "./job-state.ts";
import type { Pause } from "./pause.ts";
import { SYNC_TYPES, type SyncType } from "./schedule.ts";

const SYNC_STATUSES = ["running", "completed", "incomplete", "failed", "skipped"] as const;
const SYNC_TRIGGERS = ["cron", "manual", "start", "replay", "backfill"] as const;

const cursor = z.string().optional();

/** Query string of /syncs.csv. */
export const syncFileSearch = z.strictObject({
  type: oneOf(SYNC_TYPES).optional(),
  status: oneOf(SYNC_STATUSES).optional(),
  trigger: oneOf(SYNC_TRIGGERS).optional(),
  problem: z.enum(["errors", "quarantined"], "must be errors or quarantined").optional(),
  window: oneOf(WINDOWS).optional(),
});

/** Query string of GET /api/v1/syncs. */
export const syncSearch = syncFileSearch.extend({ cursor, limit: limitParameter });

/** Query string of the page /syncs; `requested` names the job that was started from it, and `requestedAt` says when. */
export const syncPageSearch = syncFileSearch.extend({
  cursor,
  requested: oneOf(SYNC_TYPES).optional(),
  requestedAt: timeParameter.optional(),
});

/**
 * What a query string asks of the list of runs.
 * @param now where its window ends, epoch milliseconds
 */
export function syncFilterOf(
  { window, ...filter }: z.output<typeof syncFileSearch>,
  now: number,
): SyncFilter {
  return { ...filter, since: sinceOf(window, now) };
}

/** The body that starts a job. */
export const syncRequest = z.strictObject({
  type: oneOf(SYNC_TYPES),
});

/** One run of a job; times ISO UTC. */
export type SyncItem = Omit<
  SyncLog,
  "id" | "runId" | "startedAt" | "finishedAt" | "deadlineAt" | "executingUntil"
> & { id: string; startedAt: string; finishedAt: string | null };

type SyncFilter = {
  type?: SyncType;
  status?: SyncItem["status"];
  trigger?: SyncItem["trigger"];
  /** Only runs with an error, or with rows that were quarantined. */
  problem?: "errors" | "quarantined";
  /** Only runs that began at this time or later. */
  since?: Date;
};

/**
 * Runs of jobs, newest first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listSyncs(
  db: PrismaClient,
  query: SyncFilter & { cursor?: string; limit: number },
): Promise<Page<SyncItem>> {
  const after = decodeCursor(query.cursor, timeIntCursor);
  const rows = await db.syncLog.findMany({
    where: {
      type: query.type,
      status: query.status,
      trigger: query.trigger,
      startedAt: { gte: query.since, lte: after?.[0] },
      ...(query.problem === "errors" && { errorCode: { not: null } }),
      ...(query.problem === "quarantined" && { quarantined: { gt: 0 } }),
      ...(after && { OR: [{ startedAt: { lt: after[0] } }, { id: { lt: Number(after[1]) } }] }),
    },
    orderBy: [{ startedAt: "desc" }, { id: "desc" }],
    take: query.limit + 1,
  });
  return pageOf(rows.map(itemOf), query.limit, (sync) => [sync.startedAt, sync.id]);
}

/** One run; null when there is none. */
export async function getSync(db: PrismaClient, id: number): Promise<SyncItem | null> {
  const sync = await db.syncLog.findUnique({ where: { id } });
  return sync && itemOf(sync);
}

/** How old the data of a job is, and since when it fails. */
export type DataHealth = {
  type: "markets" | "whales";
  /** When the venue last answered a run; null = it never has. */
  lastDataAt: string | null;
  /** The last moment at which the job was known to be well: a good run began, or data came; null = none has. */
  goodAt: string | null;
  /** Set while the job fails: since when, and what the last failure said. */
  failing: { since: string; why: string } | null;
  /** A reason not to run stands. */
  skipped: boolean;
  /** Set while its schedule is paused. */
  pause: Pause | null;
  /** Whether a run is under way. */
  running: boolean;
};

/** Reads how old the data of one job is, and whether it fails at present. */
export async function getDataHealth(
  db: PrismaClient,
  type: "markets" | "whales",
): Promise<DataHealth> {
  const facts = (await readJobFacts(db, [type])).get(type);
  if (!facts) throw new Error(`The job ${type} has no facts.`);
  // Whether it is late is for the page to say, whose clock goes on.
  const { health, why } = jobState(type, facts, 0);
  return {
    type,
    lastDataAt: facts.dataAt,
    goodAt: lastGoodAt(facts),
    failing:
      health === "failing" ? { since: await failingSince(db, type, facts), why: why ?? "" } : null,
    skipped: health === "skipped",
    pause: facts.pause,
    running: facts.running,
  };
}

/** Start of the first failed run after the venue's last answer. */
async function failingSince(db: PrismaClient, type: SyncType, facts: JobFacts): Promise<string> {
  const first = await db.syncLog.findFirst({
    where: {
      type,
      status: { in: ["failed", "incomplete"] },
      startedAt: { gt: facts.dataAt ?? new Date(0) },
    },
    orderBy: [{ startedAt: "asc" }, { id: "asc" }],
    select: { startedAt: true },
  });
  const since = first?.startedAt.toISOString() ?? facts.ended?.finishedAt;
  return since ?? new Date(0).toISOString();
}

function itemOf(row: SyncLog): SyncItem {
  const { id, runId: _, executingUntil: __, deadlineAt: ___, startedAt, finishedAt, ...rest } = row;
  return {
    ...rest,
    id: String(id),
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
