import { eventType } from "inngest";
import { z } from "zod";

const trigger = z.enum(["manual", "start", "replay"]);
const requested = z.object({ trigger });

export const syncMarketsRequested = eventType("sync/markets.requested", { schema: requested });
export const syncWhalesRequested = eventType("sync/whales.requested", {
  schema: z.object({ trigger, all: z.boolean().optional() }),
});
export const syncDiscoveryRequested = eventType("sync/discovery.requested", { schema: requested });
export const computeStatsRequested = eventType("stats/compute.requested", { schema: requested });
export const cleanupRequested = eventType("cleanup/requested", { schema: requested });

/** Asks for one wallet to be read, as a part of a sync. */
export const syncWhaleRequested = eventType("sync/whale.requested", {
  schema: z.object({
    syncLogId: z.int32(),
    whaleId: z.int32(),
    /** Rereads that are set for later are taken now. */
    rereadNow: z.boolean(),
  }),
});
