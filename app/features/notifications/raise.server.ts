import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { announcement } from "~/lib/live.server.ts";
import type { Standing } from "./incident.ts";

/** Something that happened at a moment. */
type Happening = Standing & { now: Date };

export type Transaction = Parameters<Parameters<PrismaClient["$transaction"]>[0]>[0];

/** Who writes incidents does so alone: what one has decided holds until it is written. */
export async function lockIncidents(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('notifications'))`;
}

/**
 * Tells of something that happened once. Where an incident of its scope is open it joins that and nobody is told again; else it opens
 * one, which closes by itself when nothing follows.
 * @returns the notification to be delivered; null when nobody is told. Told twice it is told once: what a caller has lost is delivered
 *   by the next look
 */
export async function raiseIncident(
  db: PrismaClient,
  happening: Happening,
): Promise<{ notificationId: number | null }> {
  const { now, ...condition } = happening;
  return db.$transaction(async (tx) => {
    await lockIncidents(tx);
    const open = await tx.notification.findFirst({
      where: { scope: condition.scope, kind: "incident", resolvedAt: null },
      select: { id: true },
    });
    const incidentId = open?.id ?? (await openIncident(tx, [condition], now));
    await writeCondition(tx, incidentId, condition, { momentary: true, now });
    if (open) await addToIncident(tx, incidentId, [condition]);
    await announcement(tx, "notifications");
    return { notificationId: open ? null : incidentId };
  });
}

/**
 * Opens an incident, named after the gravest of its conditions; the conditions are written apart.
 * @returns its number
 */
export async function openIncident(
  tx: Transaction,
  conditions: readonly Standing[],
  now: Date,
): Promise<number> {
  const gravest = conditions.find(({ severity }) => severity === "error") ?? conditions[0];
  if (!gravest) throw new Error("An incident needs a condition.");
  const { id } = await tx.notification.create({
    data: {
      kind: "incident",
      severity: gravest.severity,
      scope: gravest.scope,
      title: gravest.title,
      body: conditions.map(({ text }) => text).join("\n"),
      link: gravest.link,
      createdAt: now,
    },
    select: { id: true },
  });
  return id;
}

/** Adds the words of conditions to an open incident, which is as grave as the gravest of them; words it has already are not repeated. */
export async function addToIncident(
  tx: Transaction,
  id: number,
  conditions: readonly Standing[],
): Promise<void> {
  for (const { text, severity } of conditions) {
    await tx.$executeRaw`
      UPDATE notification SET
        body = CASE WHEN strpos(body, ${text}) > 0 OR length(body) > 4000 THEN body ELSE body || E'\n' || ${text} END,
        severity = CASE WHEN ${severity} = 'error' THEN 'error' ELSE severity END
      WHERE id = ${id}`;
  }
}

/** Writes a condition into its incident; one that is known there keeps the time it was raised at, unless it happened at a moment again. */
export async function writeCondition(
  tx: Transaction,
  incidentId: number,
  { key, scope, severity, text }: Standing,
  { momentary, now }: { momentary: boolean; now: Date },
): Promise<void> {
  const clearedAt = momentary ? now : null;
  await tx.$executeRaw(Prisma.sql`
    INSERT INTO condition (key, scope, severity, text, raised_at, cleared_at, momentary, incident_id)
    VALUES (${key}, ${scope}, ${severity}::severity, ${text}, ${now}::timestamptz, ${clearedAt}::timestamptz, ${momentary},
      ${incidentId})
    ON CONFLICT (key) DO UPDATE SET scope = excluded.scope, severity = excluded.severity, text = excluded.text,
      raised_at = CASE WHEN condition.incident_id = excluded.incident_id AND NOT excluded.momentary THEN condition.raised_at
        ELSE excluded.raised_at END,
      cleared_at = excluded.cleared_at, momentary = excluded.momentary, incident_id = excluded.incident_id`);
}
