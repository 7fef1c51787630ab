import { Prisma, type PrismaClient, type RunAttempt } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { decodeCursor, type Page, pageOf, timeCursor } from "~/lib/keyset.ts";
import { type AttemptItem, attemptItemOf } from "~/reliability/attempt-item.server.ts";
import { getStep, listSteps, type StepItem } from "./steps.server.ts";
import type { StepAttempts } from "./waterfall.ts";

/** Steps of a page. */
const STEPS = 30;
/** Attempts of a page of one step. */
const ATTEMPTS = 100;

/** Attempts that are shown of each step of a list: at most so many, fewer where there are many steps, and all of them together. */
const SHOWN = { most: 12, least: 4, together: 150 };
/** Attempts that are read before and after the steps of a run. */
const AROUND = 10;
/** A step's first attempt begins a little before the step notes its own begin. */
const SLACK_MS = 2_000;

type Sync = { id: string; finishedAt: string | null };
/** With the number of the run that opened it; null = that is not kept any more. */
type SyncOfRun = Sync & { ownRunId: number | null };
type Step = Pick<StepItem, "key" | "startedAt" | "finishedAt">;

/** Where the attempts at a step are: in a run, where that does several steps by the step's name, within the step's time. */
type Place = { key: string; runId: number; step: string | null; from: string; until: string };

type Row = Omit<RunAttempt, "runId">;

/** A page of a sync's steps with the first attempts of each, by key; `around` are those of steps that bring nothing themselves. */
export type Waterfall = Page<StepItem> & {
  attempts: Record<string, StepAttempts>;
  around: AttemptItem[];
};

/**
 * The steps of a sync in the order they began, each with its first attempts.
 * @param query.failed only steps that failed
 * @throws {Response} 400 for a cursor of another list
 */
export async function getWaterfall(
  db: PrismaClient,
  sync: Sync,
  query: { failed: boolean; cursor?: string },
): Promise<Waterfall> {
  const whole = !query.failed && query.cursor === undefined;
  const ownRunId = await ownRunOf(db, sync);
  const [steps, around] = await Promise.all([
    listSteps(db, { ...query, syncLogId: Number(sync.id), limit: STEPS }),
    whole && ownRunId !== null ? listAttemptsAround(db, sync, ownRunId) : [],
  ]);
  const attempts = await listStepAttempts(db, { ...sync, ownRunId }, steps.data);
  return { ...steps, attempts: Object.fromEntries(attempts), around };
}

/** One step of a sync with a page of its attempts. */
export type StepWaterfall = { step: StepItem; attempts: Page<AttemptItem> };

/**
 * One step of a sync with its attempts, in the order they began; null when there is no such step.
 * @param query.failed only attempts that failed
 * @throws {Response} 400 for a cursor of another list
 */
export async function getStepWaterfall(
  db: PrismaClient,
  sync: Sync,
  query: { step: string; failed: boolean; cursor?: string },
): Promise<StepWaterfall | null> {
  const step = await getStep(db, Number(sync.id), query.step);
  if (!step) return null;
  const own = { ...sync, ownRunId: await ownRunOf(db, sync) };
  const attempts = await listAttemptsOfStep(db, own, step, { ...query, limit: ATTEMPTS });
  return { step, attempts };
}

/**
 * The first attempts of each of some steps of a sync, by the key of the step, in the order they began.
 * @param steps of one page: two queries for all of them
 */
async function listStepAttempts(
  db: PrismaClient,
  sync: SyncOfRun,
  steps: readonly Step[],
): Promise<Map<string, StepAttempts>> {
  const places = await placesOf(db, sync, steps);
  if (places.length === 0) return new Map();
  const each = Math.floor(SHOWN.together / steps.length);
  const shown = Math.max(SHOWN.least, Math.min(SHOWN.most, each));
  const rows = await db.$queryRaw<(Row & { key: string })[]>`
    SELECT p.key, a.* FROM jsonb_to_recordset(${toJsonb(places)}::jsonb)
        AS p(key text, "runId" int, step text, "from" timestamptz, until timestamptz),
      LATERAL (${attemptsSql(PLACE, Prisma.empty, shown + 1)}) a`;
  const found = new Map<string, AttemptItem[]>();
  for (const { key, ...row } of rows) {
    found.set(key, [...(found.get(key) ?? []), attemptItemOf(row)]);
  }
  return new Map(
    [...found].map(([key, attempts]) => {
      const ordered = attempts.toSorted(byBegin);
      return [key, { attempts: ordered.slice(0, shown), more: ordered.length > shown }];
    }),
  );
}

/**
 * Every attempt of one step, a page at a time, in the order they began.
 * @param query.failed only those that failed
 * @throws {Response} 400 for a cursor of another list
 */
async function listAttemptsOfStep(
  db: PrismaClient,
  sync: SyncOfRun,
  step: Step,
  query: { failed: boolean; cursor?: string; limit: number },
): Promise<Page<AttemptItem>> {
  const after = decodeCursor(query.cursor, timeCursor);
  const places = await placesOf(db, sync, [step]);
  const beyond = after
    ? Prisma.sql`AND a.started_at >= ${after[0]}::timestamptz
        AND (a.started_at, a.id) > (${after[0]}::timestamptz, ${BigInt(after[1])})`
    : Prisma.empty;
  const failed = query.failed ? Prisma.sql`AND a.status <> 'success'` : Prisma.empty;
  const rows = await Promise.all(
    places.map((place) =>
      db.$queryRaw<Row[]>(
        attemptsSql(
          {
            runId: Prisma.sql`${place.runId}::int`,
            step: Prisma.sql`${place.step}::text`,
            from: Prisma.sql`${place.from}::timestamptz`,
            until: Prisma.sql`${place.until}::timestamptz`,
          },
          Prisma.sql`${failed} ${beyond}`,
          query.limit + 1,
        ),
      ),
    ),
  );
  const items = rows.flat().map(attemptItemOf).toSorted(byBegin);
  return pageOf(items, query.limit, ({ startedAt, id }) => [startedAt, id]);
}

/**
 * Attempts of the sync's own run at steps that bring nothing themselves (opening, picking, asking others, closing), in the order they
 * began; only those before its first and after its last step that brings something are looked at.
 */
async function listAttemptsAround(
  db: PrismaClient,
  { id }: Sync,
  ownRunId: number,
): Promise<AttemptItem[]> {
  const syncId = Number(id);
  const ends = [Prisma.sql`ASC`, Prisma.sql`DESC`].map(
    (order) => Prisma.sql`(
      SELECT * FROM run_attempt WHERE run_id = ${ownRunId}::int
      ORDER BY started_at ${order}, id ${order} LIMIT ${AROUND}::int)`,
  );
  const rows = await db.$queryRaw<Row[]>`
    WITH ends AS MATERIALIZED (${Prisma.join(ends, " UNION ")})
    SELECT ${COLUMNS} FROM ends a WHERE a.request IS NULL
      AND NOT EXISTS (SELECT 1 FROM sync_part p WHERE p.sync_log_id = ${syncId}::int AND p.key = a.step)`;
  return rows.map(attemptItemOf).toSorted(byBegin);
}

/** By itself, so that the planner knows of which run it reads the attempts: it may be one of very many. */
async function ownRunOf(db: PrismaClient, { id }: Sync): Promise<number | null> {
  const [run] = await db.$queryRaw<{ id: number }[]>`
    SELECT r.id FROM sync_log l JOIN run r ON r.inngest_run_id = l.run_id WHERE l.id = ${Number(id)}::int`;
  return run?.id ?? null;
}

/** The runs that did the steps: a wallet's own, whose subject is the key of its step, otherwise the run of the sync. */
async function placesOf(
  db: PrismaClient,
  sync: SyncOfRun,
  steps: readonly Step[],
): Promise<Place[]> {
  const begun = steps.filter((step) => step.startedAt !== null);
  if (begun.length === 0) return [];
  const keys = begun.map(({ key }) => key);
  const syncId = Number(sync.id);
  const runs = await db.$queryRaw<{ id: number; subject: string }[]>`
    SELECT r.id, r.subject FROM sync_log l JOIN run r ON r.correlation_id = l.correlation_id AND r.subject = ANY(${keys}::text[])
    WHERE l.id = ${syncId}::int`;
  const own = sync.ownRunId === null ? [] : [{ id: sync.ownRunId }];
  return begun.flatMap((step): Place[] => {
    const ofSubject = runs.filter(({ subject }) => subject === step.key);
    const time = {
      from: new Date(Date.parse(step.startedAt ?? "") - SLACK_MS).toISOString(),
      until: step.finishedAt ?? sync.finishedAt ?? FOREVER,
    };
    return ofSubject.length > 0
      ? ofSubject.map(({ id }) => ({ key: step.key, runId: id, step: null, ...time }))
      : own.map(({ id }) => ({ key: step.key, runId: id, step: step.key, ...time }));
  });
}

const FOREVER = "9999-12-31T00:00:00.000Z";

const PLACE = {
  runId: Prisma.sql`p."runId"`,
  step: Prisma.sql`p.step`,
  from: Prisma.sql`p."from"`,
  until: Prisma.sql`p.until`,
};

const COLUMNS = Prisma.sql`a.id, a.step, a.request, a.number, a.started_at AS "startedAt", a.duration_ms AS "durationMs",
  a.status, a.code, a.message, a.data`;

function attemptsSql(place: typeof PLACE, condition: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT ${COLUMNS} FROM run_attempt a
    WHERE a.run_id = ${place.runId} AND a.started_at >= ${place.from} AND a.started_at <= ${place.until}
      AND (${place.step} IS NULL OR a.step = ${place.step}) ${condition}
    ORDER BY a.started_at, a.id LIMIT ${limit}::int`;
}

function byBegin(a: AttemptItem, b: AttemptItem): number {
  return a.startedAt < b.startedAt
    ? -1
    : a.startedAt > b.startedAt
      ? 1
      : Number(a.id) - Number(b.id);
}
