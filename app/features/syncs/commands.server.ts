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
 * @param asked.requestKey equal for every delivery of one request: the job is started once
 * @returns the id of the event that was accepted, equal for equal keys
 * @throws what `send` throws when the job engine does not accept it
 */
export async function requestSync(
  send: Send,
  type: SyncType,
  { trigger = "manual", requestKey }: { trigger?: "manual" | "start"; requestKey?: string } = {},
): Promise<string> {
  const name = EVENT_OF[type];
  const data = type === "whales" ? { trigger, all: true } : { trigger };
  if (requestKey === undefined) return send({ name, data });
  const id = `${type}-request-${requestKey}`;
  await send({ name, data, id });
  return id;
}
