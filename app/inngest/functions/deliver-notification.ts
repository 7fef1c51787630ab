import type { Message } from "~/channels/channel.ts";
import { messageOf, testMessage } from "~/features/notifications/message.server.ts";
import { runAction, runStep } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { notificationCreated, notificationTestRequested } from "../types.ts";

const LASTS_MS = 24 * 3_600_000;

/**
 * Brings a notification to every channel, a step each, so that a channel that fails is tried again alone. A notification is delivered
 * once however often its event comes.
 */
export const deliverNotification = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "deliver-notification",
      name: "Deliver a notification",
      triggers: [notificationCreated, notificationTestRequested],
      retries: 6,
      concurrency: 4,
      timeouts: { finish: "24h" },
    },
    async ({ event, step, deps, runId, attempt }) => {
      const context = { event, step, deps, runId, attempt };
      return runAction(
        context,
        { action: "deliver-notification", lastsMs: LASTS_MS },
        async (run, deps) => {
          const message = await runStep(step, deps, run, "message", async () =>
            messageFor(deps, event, runId),
          );
          if (message === null) return { delivered: [] };
          const delivered: string[] = [];
          const failures: unknown[] = [];
          for (const channel of deps.channels) {
            try {
              await runStep(step, deps, run, `deliver-${channel.id}`, async (attempts) => {
                await channel.deliver(message, attempts);
                return { to: channel.target };
              });
              delivered.push(channel.id);
            } catch (error) {
              // The other channels are told all the same.
              failures.push(error);
            }
          }
          if (failures.length > 0) throw failures[0];
          return { delivered };
        },
      );
    },
  );

async function messageFor(
  deps: JobDeps,
  event: { name: string; data: unknown },
  runId: string,
): Promise<Message | null> {
  const created = notificationCreated.schema.safeParse(event.data);
  if (created.success) return messageOf(deps.db, created.data.notificationId);
  const { requestedAt } = notificationTestRequested.schema.parse(event.data);
  return testMessage(`test-${runId}`, requestedAt);
}
