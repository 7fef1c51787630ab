import {
  type PriceToRead,
  pricesToRead,
  type ReadPrice,
  recordPrices,
} from "~/features/markets/prices.server.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import { concernsItem, toAppError } from "~/reliability/errors.ts";
import type { Venue } from "~/venues/venue.ts";
import type { ActionRun } from "./action.ts";
import type { JobDeps, Step } from "./client.ts";
import { type StepCalls, syncStep } from "./sync-step.ts";

const STEP_MS = 20_000;
/** Requests under way at once, so that a slow venue is asked as often as the pacer allows. */
const IN_FLIGHT = 5;
/** Share of the requests between two walks that prices may take. */
const BUDGET_SHARE = 1 / 3;

/** Reads the yes token's last price of the most traded active markets, as many as a third of the request budget allows. */
export async function readPrices(
  step: Step,
  deps: JobDeps,
  run: ActionRun,
  venue: Venue,
  sync: { id: number; startedAt: Date },
): Promise<void> {
  const seconds = SYNC_SCHEDULE.markets.intervalMs / 1000;
  let budget = Math.floor(venue.requestsPerSecond * seconds * BUDGET_SHARE);
  for (let n = 0; budget > 0; n++) {
    const limit = Math.min(budget, (venue.requestsPerSecond * STEP_MS) / 1000);
    const result = await syncStep(
      step,
      deps,
      run,
      { id: sync.id, key: `${venue.id}-prices-${n}` },
      (calls) => priceStep(deps, venue, sync.startedAt, limit, calls),
    );
    budget -= result.counts.fetched;
    if (!result.more) return;
  }
}

async function priceStep(
  deps: JobDeps,
  venue: Venue,
  startedAt: Date,
  limit: number,
  calls: StepCalls,
) {
  const until = deps.clock.now() + STEP_MS;
  const wanted = await pricesToRead(deps.db, venue.id, startedAt, limit);
  const read: ReadPrice[] = [];
  let updated = 0;
  try {
    for (let at = 0; at < wanted.length && deps.clock.now() < until; at += IN_FLIGHT) {
      const batch = wanted.slice(at, at + IN_FLIGHT);
      const replies = await Promise.allSettled(
        batch.map((token) => readPrice(deps, venue, token, calls)),
      );
      for (const reply of replies) if (reply.status === "fulfilled") read.push(reply.value);
      const failed = replies.find((reply) => reply.status === "rejected");
      if (failed) throw failed.reason;
    }
  } finally {
    ({ updated } = await recordPrices(deps.db, read, new Date(deps.clock.now())));
  }
  const more = read.length > 0 && (wanted.length === limit || read.length < wanted.length);
  return { more, counts: { fetched: read.length, updated } };
}

/** A token that the venue has no usable price for counts as having none, so that the others get theirs. */
async function readPrice(deps: JobDeps, venue: Venue, token: PriceToRead, calls: StepCalls) {
  try {
    const price = await venue.getPrice(token.yesTokenId, { priority: "catalog", ...calls });
    return { marketId: token.marketId, price };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!concernsItem(error)) throw error;
    deps.logger.warn(
      { err: error, tokenId: token.yesTokenId },
      "the venue has no price for a token",
    );
    return { marketId: token.marketId, price: null };
  }
}
