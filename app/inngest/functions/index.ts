import type { AppInngest } from "../client.ts";
import { backfillWhale } from "./backfill-whale.ts";
import { checkHealth } from "./check-health.ts";
import { cleanup } from "./cleanup.ts";
import { computeWhaleStats } from "./compute-whale-stats.ts";
import { deliverNotification } from "./deliver-notification.ts";
import { discoverWhales } from "./discover-whales.ts";
import { recordFailure } from "./record-failure.ts";
import { replayDeadLetters } from "./replay-dead-letters.ts";
import { syncMarkets } from "./sync-markets.ts";
import { syncWhale } from "./sync-whale.ts";
import { syncWhales } from "./sync-whales.ts";

/** The registry: every job of the app. */
export function createFunctions(inngest: AppInngest) {
  return [
    syncMarkets(inngest),
    syncWhales(inngest),
    syncWhale(inngest),
    backfillWhale(inngest),
    discoverWhales(inngest),
    computeWhaleStats(inngest),
    cleanup(inngest),
    checkHealth(inngest),
    deliverNotification(inngest),
    recordFailure(inngest),
    replayDeadLetters(inngest),
  ];
}
