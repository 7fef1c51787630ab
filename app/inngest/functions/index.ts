import type { AppInngest } from "../client.ts";
import { cleanup } from "./cleanup.ts";
import { computeWhaleStats } from "./compute-whale-stats.ts";
import { discoverWhales } from "./discover-whales.ts";
import { recordFailure } from "./record-failure.ts";
import { syncMarkets } from "./sync-markets.ts";
import { syncWhale } from "./sync-whale.ts";
import { syncWhales } from "./sync-whales.ts";

/** The registry: every job of the app. */
export function createFunctions(inngest: AppInngest) {
  return [
    syncMarkets(inngest),
    syncWhales(inngest),
    syncWhale(inngest),
    discoverWhales(inngest),
    computeWhaleStats(inngest),
    cleanup(inngest),
    recordFailure(inngest),
  ];
}
