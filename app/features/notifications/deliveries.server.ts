import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { httpNotesOf } from "~/reliability/attempt-item.server.ts";

/** How the delivery of a notification stands. */
export type Delivery = {
  status: "running" | "delivered" | "failed";
  /** Inngest run id of its run. */
  runId: string;
  /** ISO UTC. */
  startedAt: string;
  error: string | null;
};

type DeliveryRow = {
  key: string;
  runId: string;
  status: "running" | "completed" | "failed" | "cancelled";
  startedAt: Date;
  message: string | null;
  outside: boolean;
};

const fields = Prisma.sql`r.idempotency_key AS key, r.inngest_run_id AS "runId", r.status::text AS status,
  r.started_at AS "startedAt", r.error_message AS message,
  r.status <> 'completed' OR coalesce(jsonb_array_length(r.result -> 'delivered'), 0) > 0 AS outside`;

/**
 * The newest delivery of each of these notifications, by its id; those that went to no channel, or whose run is not kept any more, are
 * left out.
 */
export async function deliveriesOf(
  db: PrismaClient,
  ids: readonly string[],
): Promise<Record<string, Delivery>> {
  const keys = ids.map(keyOf);
  const rows = await db.$queryRaw<DeliveryRow[]>(Prisma.sql`
    SELECT r.* FROM unnest(${keys}::text[]) AS wanted(key), LATERAL (
      SELECT ${fields} FROM run r WHERE r.action = 'deliver-notification' AND r.idempotency_key = wanted.key
      ORDER BY r.id DESC LIMIT 1
    ) r`);
  const outside = rows.filter((row) => row.outside);
  return Object.fromEntries(
    outside.map((row) => [row.key.slice("notification-".length), deliveryOf(row)]),
  );
}

/** The newest delivery to the channels, and the last answer of the other side. */
export type LastDelivery = Delivery & {
  isTest: boolean;
  /** Null = none was asked yet, or it is not kept any more. */
  attempt: {
    at: string;
    durationMs: number;
    status: "success" | "retryable" | "fatal";
    httpStatus: number | null;
    message: string | null;
  } | null;
};

/** Of the newest runs those without a channel say nothing; so many are looked at. */
const LOOKED_AT = 20;

/** Reads the newest delivery that went to a channel; null = there is none, or it is not kept any more. */
export async function lastDelivery(db: PrismaClient): Promise<LastDelivery | null> {
  const rows = await db.$queryRaw<DeliveryRow[]>(Prisma.sql`
    SELECT ${fields} FROM run r WHERE r.action = 'deliver-notification' AND r.subject IS NULL
    ORDER BY r.id DESC LIMIT ${LOOKED_AT}`);
  const row = rows.find(({ outside }) => outside);
  if (!row) return null;
  const attempt = await db.runAttempt.findFirst({
    where: { run: { inngestRunId: row.runId }, request: { not: null } },
    orderBy: [{ startedAt: "desc" }, { id: "desc" }],
  });
  return {
    ...deliveryOf(row),
    isTest: !row.key.startsWith("notification-"),
    attempt: attempt && {
      at: attempt.startedAt.toISOString(),
      durationMs: attempt.durationMs,
      status: attempt.status,
      httpStatus: httpNotesOf(attempt.data).status,
      message: attempt.message,
    },
  };
}

const DELIVERY_OF = {
  running: "running",
  completed: "delivered",
  failed: "failed",
  cancelled: "failed",
} as const satisfies Record<DeliveryRow["status"], Delivery["status"]>;

function deliveryOf({ status, runId, startedAt, message }: DeliveryRow): Delivery {
  return {
    status: DELIVERY_OF[status],
    runId,
    startedAt: startedAt.toISOString(),
    error: message,
  };
}

function keyOf(id: string): string {
  return `notification-${id}`;
}
