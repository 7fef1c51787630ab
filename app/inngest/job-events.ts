import type { ReplayTargets } from "~/features/dead-letters/replay-event.ts";
import * as events from "./types.ts";

/**
 * By the id of a job, the events that ask for it; the first does what its schedule does. What Inngest alone may ask for (the recording of
 * failures) is not there.
 */
export const JOB_EVENTS: ReplayTargets = {
  "sync-markets": [events.syncMarketsRequested],
  "sync-whales": [events.syncWhalesRequested],
  "sync-whale": [events.syncWhaleRequested],
  "backfill-whale": [events.backfillRequested],
  "discover-whales": [events.syncDiscoveryRequested],
  "compute-whale-stats": [events.computeStatsRequested],
  cleanup: [events.cleanupRequested],
  "replay-dead-letters": [events.replayRequested],
  "check-health": [events.checkHealthRequested],
  "deliver-notification": [events.notificationCreated, events.notificationTestRequested],
};
