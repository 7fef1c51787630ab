import { EarlyEndError, type ReadCounts, readWallet } from "~/features/trades/read-wallet.ts";
import { storePage } from "~/features/trades/store-page.server.ts";
import { openRead, recordEarlyEnd, recordRead } from "~/features/trades/streams.server.ts";
import { countFollowed } from "~/features/whales/claim.server.ts";
import { openGate } from "~/features/whales/credential-gate.server.ts";
import { foldTrades } from "~/features/whales/ledger.server.ts";
import { pollInterval } from "~/features/whales/poll-interval.ts";
import { createError } from "~/reliability/errors.ts";
import type { Venue } from "~/venues/venue.ts";
import type { JobDeps } from "./client.ts";
import type { StepCalls } from "./sync-step.ts";

const PAGES_PER_STEP = 10;
const STEP_MS = 20_000;
/** A tick comes every minute; what is due within these milliseconds after it counts as due. */
const TICK_SLACK_MS = 5_000;

export type WalletToRead = {
  id: number;
  venue: string;
  address: string;
  lastTradeAt: Date | null;
  ledgerSince: Date | null;
};

/**
 * One step of reading a wallet: at most ten pages or 20 seconds, more only until something is gained. When the read is joined the wallet
 * is due again after its interval.
 */
export async function readStretch(
  deps: JobDeps,
  whale: WalletToRead,
  options: {
    first: boolean;
    rereadNow: boolean;
    /** The run that asked, which bad rows name. */
    syncLogId: number;
    calls: StepCalls;
    counts: ReadCounts;
  },
): Promise<{ joined: boolean }> {
  const { db, clock } = deps;
  const venue = venueOf(deps, whale.venue);
  const now = () => new Date(clock.now());
  const { stream, start } = await openRead(db, whale, {
    ...options,
    now: now(),
    retentionDays: deps.env.ACTIVITY_RETENTION_DAYS,
  });
  const until = clock.now() + STEP_MS;
  const history = start.progress.watermark === null || start.rereading;
  let pages = 0;
  const reading = readWallet(start, {
    counts: options.counts,
    pageSize: venue.pageSize,
    fetchPage: async (page) => {
      const list = await venue.listTrades(whale.address, page, {
        priority: page > 1 && history ? "backfill" : "live",
        ...options.calls,
      });
      options.calls.meter.pages += 1;
      return list;
    },
    store: (page) => storePage(db, stream, page, now(), options.syncLogId),
    mayGoOn: () => ++pages < PAGES_PER_STEP && clock.now() < until,
  });
  const result = await reading.catch(async (error: unknown) => {
    if (error instanceof EarlyEndError) await recordEarlyEnd(db, stream.id);
    if (options.counts.created > 0) await foldTrades(db, whale.id);
    throw error;
  });
  const completed = result.progress.completeSince !== start.progress.completeSince;
  if (options.counts.created > 0 || completed) await foldTrades(db, whale.id);
  if (result.joined) {
    const idleMs = whale.lastTradeAt ? clock.now() - whale.lastTradeAt.getTime() : null;
    const followed = await countFollowed(db, whale.venue);
    const wait = pollInterval(followed, venue.requestsPerSecond, idleMs) - TICK_SLACK_MS;
    await recordRead(db, stream.id, new Date(clock.now() + wait));
    await openGate(db, whale.venue);
  }
  return { joined: result.joined };
}

function venueOf(deps: JobDeps, id: string): Venue {
  const venue = deps.venues.find((candidate) => candidate.id === id);
  if (!venue) {
    throw createError("INVALID_CONFIG", `The venue ${id} is not among those in VENUES.`);
  }
  return venue;
}
