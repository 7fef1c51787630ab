import type { Notification, PrismaClient } from "~/generated/prisma/client.ts";

/** A notification of its own scope is told in the app only: it is about the channels themselves. */
export const CHANNELS_SCOPE = "notifications";

/**
 * A notification as channels take it; null when there is none, or when it is told in the app only.
 */
export async function messageOf(db: PrismaClient, id: number) {
  const found = await db.notification.findUnique({ where: { id } });
  return found === null || found.scope === CHANNELS_SCOPE ? null : outside(found);
}

function outside(found: Notification) {
  const { id, kind, severity, scope, title, body, link, createdAt, incidentId } = found;
  return {
    id: String(id),
    kind,
    severity,
    scope,
    title,
    body,
    link,
    createdAt: createdAt.toISOString(),
    incidentId: incidentId === null ? null : String(incidentId),
  };
}

/** A message that shows whether a channel works. */
export function testMessage(id: string, createdAt: string) {
  return {
    id,
    kind: "test" as const,
    severity: "info" as const,
    scope: "app",
    title: "Test of a channel",
    body: "Somebody asked for this message to see whether it arrives. Nothing is wrong.",
    link: "/notifications",
    createdAt,
    incidentId: null,
  };
}
