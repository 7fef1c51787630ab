import type { Send } from "~/lib/send.ts";
import type { SyncType } from "./schedule.ts";

const EVENT_OF = {
  markets: "sync/markets.requested",
  whales: "sync/whales.requested",
  discovery: "sync/discovery.requested",
  stats: "stats/compute.requested",
  cleanup: "cleanup/requested",
} as const satisfies Record<SyncType, string>;

/**
 * Starts a job now; a whale sync that is asked for by hand or at start takes every followed wallet as due.
 * @returns the id of the event that was accepted
 * @throws what `send` throws when the job engine does not accept it
 */
export async function requestSync(
  send: Send,
  type: SyncType,
  trigger: "manual" | "start" = "manual",
): Promise<string> {
  const data = type === "whales" ? { trigger, all: true } : { trigger };
  return send({ name: EVENT_OF[type], data });
}
