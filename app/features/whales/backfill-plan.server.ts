import { keptSince } from "~/features/trades/streams.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Clock } from "~/lib/clock.ts";
import type { BackfillRange } from "./backfill-range.ts";

/** Stored trades that are counted for an estimate at most; beyond that the venue's own count bounds it. */
const MAX_COUNTED = 20_000;

/** What is asked of a venue to plan a backfill. */
type VenueToRead = {
  id: string;
  name: string;
  readsWallets: boolean;
  walletsHint: string | null;
  pageSize: number;
  requestsPerSecond: number;
  pacer: { state(): { currentRate: number; pausedUntil: Date | null } };
};

type BackfillWhale = { id: number; address: string; label: string | null; venue: string };

/** What reading a range again takes. */
export type BackfillEstimate = {
  /** Trades of the range that are stored; null = more than are counted. */
  stored: number | null;
  /** Requests it takes, one a page; `exact` = not an upper bound. */
  requests: number;
  exact: boolean;
  pageSize: number;
  /** At the present budget and alone, in whole seconds. */
  seconds: number;
  /** The present budget: requests a second, fewer while the venue answers slowly. */
  rate: number;
  /** Down to here the list is read, ISO UTC; later than the range's begin where older trades are not kept. */
  readsTo: string;
  /** Until then the venue is asked nothing; null = it is asked. */
  pausedUntil: string | null;
};

type BackfillPlan = { whale: BackfillWhale; venueName: string } & (
  | { refusal: string; estimate: null }
  | { refusal: null; estimate: BackfillEstimate | null }
);

/** What a plan is made from. */
type PlanServices = {
  db: PrismaClient;
  clock: Clock;
  venues: readonly VenueToRead[];
  env: { ACTIVITY_RETENTION_DAYS: number };
};

/**
 * What reading a range of a wallet again would take, without asking the venue; null when there is no such whale.
 * @param range null = only whether the wallet can be read again
 */
export async function planBackfill(
  { db, clock, venues, env }: PlanServices,
  whaleId: number,
  range: BackfillRange | null,
): Promise<BackfillPlan | null> {
  const found = await db.whale.findUnique({ where: { id: whaleId } });
  if (!found) return null;
  const { id, address, label, venue: venueId, followed, ledgerSince } = found;
  const venue = venues.find((candidate) => candidate.id === venueId);
  const whale = { id, address, label, venue: venueId };
  const plan = { whale, venueName: venue?.name ?? venueId };
  const refuse = (refusal: string) => ({ ...plan, refusal, estimate: null });
  if (!venue) return refuse(`The venue ${venueId} is not among those that this server reads.`);
  if (!venue.readsWallets) return refuse(venue.walletsHint ?? `${venue.name} shows no trades.`);
  if (!followed) return refuse("The wallet is not followed: follow it first, then read it again.");
  const stream = await db.streamState.findUnique({
    where: { venue_kind_wallet: { venue: venueId, kind: "trades", wallet: address } },
  });
  if (!stream?.watermark) return refuse(FIRST_READ);
  if (!range) return { ...plan, refusal: null, estimate: null };
  const kept = keptSince(
    { ...stream, ledgerSince },
    { now: new Date(clock.now()), retentionDays: env.ACTIVITY_RETENTION_DAYS },
  );
  if (Date.parse(range.to) < kept) {
    const since = new Date(kept).toISOString().slice(0, 10);
    return refuse(
      `Trades of this wallet from before ${since} are not kept, so they are not read again.`,
    );
  }
  const readsTo = new Date(Math.max(kept, Date.parse(range.from))).toISOString();
  const counted = await countStored(db, id, { ...range, readsTo });
  return {
    ...plan,
    refusal: null,
    estimate: estimateOf(venue, stream.venueTotal, readsTo, counted),
  };
}

/** Of a wallet that has never been read to its end. */
export const FIRST_READ =
  "Its history is still being read from the newest trade down, which covers this range too.";

type Counted = { down: number; inside: number };

/** Trades stored down to a time, and those of them in the range, up to the bound. */
async function countStored(
  db: PrismaClient,
  whaleId: number,
  range: BackfillRange & { readsTo: string },
): Promise<Counted> {
  const [row] = await db.$queryRaw<Counted[]>`
    SELECT count(*)::int AS down,
      (count(*) FILTER (WHERE traded_at <= ${range.to}::timestamptz))::int AS inside
    FROM (SELECT traded_at FROM trade WHERE whale_id = ${whaleId}::int AND traded_at >= ${range.readsTo}::timestamptz
      ORDER BY traded_at DESC LIMIT ${MAX_COUNTED + 1}::int) t`;
  return row ?? { down: 0, inside: 0 };
}

function estimateOf(
  venue: VenueToRead,
  venueTotal: number | null,
  readsTo: string,
  { down, inside }: Counted,
): BackfillEstimate {
  const exact = down <= MAX_COUNTED;
  const rows = exact ? down : Math.max(down, venueTotal ?? 0);
  // The read ends with the first page that holds an older trade.
  const requests = Math.floor(rows / venue.pageSize) + 1;
  const { currentRate, pausedUntil } = venue.pacer.state();
  const rate = Math.max(0.1, Math.min(currentRate, venue.requestsPerSecond));
  return {
    stored: exact ? inside : null,
    requests,
    exact,
    pageSize: venue.pageSize,
    seconds: Math.ceil(requests / rate),
    rate: Math.round(10 * rate) / 10,
    readsTo,
    pausedUntil: pausedUntil?.toISOString() ?? null,
  };
}
