import { announce } from "~/lib/live.server.ts";
import type { LiveTopic } from "~/lib/live-topics.ts";
import type { TestDatabase } from "../database.ts";

const FENCE = "fence" as LiveTopic;

/**
 * Listens to the test database, from the moment on at which it resolves.
 * @returns ends it
 */
export async function startListening(
  listen: TestDatabase["listen"],
  notified: (payload: string) => void,
): Promise<() => Promise<void>> {
  let onReady = () => {};
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const stop = listen({ notified, interrupted: onReady });
  // Only a server has to be connected to first.
  if (process.env.TEST_DATABASE_URL) await ready;
  return stop;
}

/**
 * Hears what is told by the test database.
 * @returns `during` answers the topics that `work` announced, each once, in order of their first announcement
 */
export async function listening({ db, listen }: TestDatabase) {
  let heard: string[] = [];
  let onFence = () => {};
  const stop = await startListening(listen, (topic) => {
    if (topic === FENCE) onFence();
    else heard.push(topic);
  });

  /** Announcements arrive in the order of their commits: after this one there is none on its way. */
  async function fence() {
    const arrived = new Promise<void>((resolve) => {
      onFence = resolve;
    });
    await db.$executeRaw`SELECT ${announce(FENCE)}`;
    await arrived;
  }

  return {
    stop,
    async during(work: () => Promise<unknown>): Promise<string[]> {
      await fence();
      heard = [];
      await work();
      await fence();
      return [...new Set(heard)];
    },
  };
}
