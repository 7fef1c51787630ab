import { z } from "zod";

const withOrigin = z.object({
  origin: z.object({
    idempotencyKey: z.string().optional(),
    correlationId: z.string().optional(),
  }),
});

/**
 * The keys of the run that an event started: what a replay or the asking run says, else the event's own id (of a cron tick its time),
 * so that two deliveries of one event are one piece of work.
 * @param runId Inngest run id
 */
export function originOf(event: { id?: string; data?: unknown }, runId: string) {
  const { success, data } = withOrigin.safeParse(event.data);
  const origin = success ? data.origin : {};
  return {
    idempotencyKey: origin.idempotencyKey ?? event.id ?? runId,
    correlationId: origin.correlationId ?? runId,
  };
}
