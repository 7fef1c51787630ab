import { eventType } from "inngest";
import { z } from "zod";

const trigger = z.enum(["manual", "start", "replay"]);

/** Whose work an event asks for; left out, it is the event's own. */
const origin = z
  .object({
    /** Runs of one function with equal keys do the work once. */
    idempotencyKey: z.string().min(1).optional(),
    /** Inngest run id of the first run of all that one cause led to. */
    correlationId: z.string().min(1).optional(),
  })
  .optional()
  .describe("Whose work it asks for; left out, it is work of its own.");

const requested = z.object({ trigger, origin });

export const syncMarketsRequested = eventType("sync/markets.requested", { schema: requested });
export const syncWhalesRequested = eventType("sync/whales.requested", {
  schema: z.object({ trigger, all: z.boolean().optional(), origin }),
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
    origin,
  }),
});

/** Asks for a range of a wallet's trades (ISO UTC) to be read again. */
export const backfillRequested = eventType("sync/backfill.requested", {
  schema: z.object({
    whaleId: z.int32(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    origin,
  }),
});

/** A notification has been written: it is brought to every channel. */
export const notificationCreated = eventType("notification/created", {
  schema: z.object({ notificationId: z.int32(), origin }),
});

/** Asks for a message to every channel that shows whether it arrives. */
export const notificationTestRequested = eventType("notification/test.requested", {
  schema: z.object({ requestedAt: z.iso.datetime(), origin }),
});

/** Asks for a look at what should be told to a person, ahead of the minute. */
export const checkHealthRequested = eventType("health/check.requested", {
  schema: z.object({ origin }),
});

/** Goes on with a replay of dead letters. */
export const replayRequested = eventType("dead-letters/replay.requested", {
  schema: z.object({ replayId: z.int32(), origin }),
});
