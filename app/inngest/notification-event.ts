import { notificationCreated } from "./types.ts";

/**
 * The event that has a notification delivered; however often it is sent, it is delivered once.
 * @param correlationId of the run that wrote it
 */
export function notificationEvent(notificationId: number, correlationId: string) {
  const key = `notification-${notificationId}`;
  const origin = { idempotencyKey: key, correlationId };
  return notificationCreated.create({ notificationId, origin }, { id: key });
}
