import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { formatElapsed, formatUtcShort } from "~/lib/format.ts";
import { announcement } from "~/lib/live.server.ts";
import { conditionWords } from "./condition-words.ts";
import { type Decision, decide, RECENT_MS, type Standing } from "./incident.ts";
import {
  addToIncident,
  lockIncidents,
  openIncident,
  type Transaction,
  writeCondition,
} from "./raise.server.ts";

/** Notifications that nobody has begun to deliver by then stay in the app. */
const DELIVERABLE_MS = 3_600_000;

/**
 * Compares what is wrong now with what was known, and writes what has changed, all of it in one transaction: incidents that begin or are
 * over, conditions that join or are gone. Looked at again in the same state it changes nothing.
 */
export async function takeLook(
  db: PrismaClient,
  standing: readonly Standing[],
  now: Date,
): Promise<void> {
  await db.$transaction(async (tx) => {
    await lockIncidents(tx);
    const incidents = await tx.notification.findMany({
      where: { kind: "incident", resolvedAt: null },
      include: { conditions: { orderBy: { raisedAt: "asc" } } },
    });
    const scopes = new Set([...incidents, ...standing].map(({ scope }) => scope));
    let changed = false;
    for (const scope of scopes) {
      const incident = incidents.find((one) => one.scope === scope) ?? null;
      const here = standing.filter((condition) => condition.scope === scope);
      const state = {
        open: incident !== null,
        conditions: incident?.conditions ?? [],
        recent: incident ? await countRecent(tx, scope, now) : 0,
      };
      const decision = decide(state, here, now);
      changed = (await write(tx, { incident, here, decision, now })) || changed;
    }
    if (changed) await announcement(tx, "notifications");
  });
}

function countRecent(tx: Transaction, scope: string, now: Date): Promise<number> {
  return tx.notification.count({
    where: { kind: "incident", scope, createdAt: { gt: new Date(now.getTime() - RECENT_MS) } },
  });
}

type Incident = {
  id: number;
  scope: string;
  title: string;
  link: string | null;
  createdAt: Date;
  conditions: { key: string; momentary: boolean }[];
};

type Change = {
  incident: Incident | null;
  here: readonly Standing[];
  decision: Decision;
  now: Date;
};

async function write(tx: Transaction, { incident, here, decision, now }: Change): Promise<boolean> {
  const { opens, joins, returns, clears, ends } = decision;
  const id = opens ? await openIncident(tx, here, now) : incident?.id;
  if (id === undefined) return false;
  for (const condition of [...joins, ...returns]) {
    await writeCondition(tx, id, condition, { momentary: false, now });
  }
  if (!opens && joins.length > 0) await addToIncident(tx, id, joins);
  if (clears.length > 0) {
    await tx.condition.updateMany({
      where: { key: { in: clears }, incidentId: id },
      data: { clearedAt: now },
    });
  }
  if (ends) await tx.notification.update({ where: { id }, data: { resolvedAt: now } });
  if (ends === "recovered" && incident) await writeRecovery(tx, incident, now);
  return opens || ends !== null || [joins, returns, clears].some(({ length }) => length > 0);
}

async function writeRecovery(
  tx: Transaction,
  { id, scope, title, link, createdAt, conditions }: Incident,
  now: Date,
): Promise<void> {
  const length = formatElapsed(now.getTime() - createdAt.getTime());
  const since = formatUtcShort(createdAt.toISOString());
  const lasting = conditions.filter(({ momentary }) => !momentary);
  const what = lasting.map(({ key }) => conditionWords(key)).join(", ");
  const paused = await areOfPausedJob(tx, lasting);
  const how = paused ? "Its schedule is paused, so nothing is expected of it" : "It works again";
  await tx.notification.create({
    data: {
      kind: "recovery",
      severity: paused ? "info" : "success",
      scope,
      title: `${paused ? "Paused" : "Over"}: ${title}`,
      body: `${how}, ${length} after it was told at ${since}. What was wrong: ${what}.`,
      link,
      createdAt: now,
      incidentId: id,
    },
  });
}

/** Whether one of the conditions is gone because a person has stopped the schedule of its job. */
async function areOfPausedJob(
  tx: Transaction,
  conditions: readonly { key: string }[],
): Promise<boolean> {
  const pauses = await tx.jobPause.findMany({ select: { type: true } });
  const held = pauses.flatMap(({ type }) => [`job-failing:${type}`, `data-old:${type}`]);
  return conditions.some(({ key }) => held.includes(key));
}

/** Keys of the conditions that stood at the last look. */
export async function standingKeys(db: PrismaClient): Promise<Set<string>> {
  const rows = await db.condition.findMany({ where: { clearedAt: null }, select: { key: true } });
  return new Set(rows.map(({ key }) => key));
}

/**
 * Notifications of the last hour whose delivery has not begun, oldest first, also those whose sender was cut off. To send one twice is
 * harmless: its delivery has one key.
 */
export async function undelivered(db: PrismaClient, now: Date): Promise<number[]> {
  const rows = await db.$queryRaw<{ id: number }[]>(Prisma.sql`
    SELECT n.id FROM notification n
    WHERE n.created_at > ${new Date(now.getTime() - DELIVERABLE_MS)}::timestamptz
      AND NOT EXISTS (SELECT 1 FROM run r WHERE r.action = 'deliver-notification'
        AND r.idempotency_key = 'notification-' || n.id)
    ORDER BY n.created_at, n.id LIMIT 100`);
  return rows.map(({ id }) => id);
}

/** A gap between looks that is longer means that nobody looked. */
const LONGEST_GAP_MS = 3 * 60_000;
const LOOKS = 8;

/** Since when looks have followed one another without a gap, as far back as the last eight tell. */
export async function watchedSince(db: PrismaClient, now: Date): Promise<Date> {
  const looks = await db.run.findMany({
    where: { action: "check-health", subject: null },
    orderBy: { id: "desc" },
    take: LOOKS,
    select: { startedAt: true },
  });
  let since = now;
  for (const { startedAt } of looks) {
    if (since.getTime() - startedAt.getTime() > LONGEST_GAP_MS) break;
    if (startedAt < since) since = startedAt;
  }
  return since;
}
