import { createHash } from "node:crypto";
import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { announce } from "~/lib/live.server.ts";
import { tradeIdentity } from "./identity.ts";
import type { NumberedTrade, PageToStore, QuarantinedTrade } from "./read-wallet.ts";

/** The stream a page belongs to: one wallet's fills at one venue. */
export type TradeStream = { id: number; venue: string; wallet: string; whaleId: number };

/**
 * Seconds until a stretch with quarantined or missing rows is read again, by the number of times it has been. Rows that are still
 * missing after all of them are taken for rows the venue counts and does not serve; only more of them start it again.
 */
const REREAD_DELAYS = [60, 300, 900, 3600, 21_600, 86_400];

type StoredCounts = { created: number; quarantined: number };

/**
 * Commits one page: its fills, its quarantined rows and the progress they stand for, all or nothing, in one statement (two when the
 * page joins the read). Fills already stored are left alone; markets nobody has seen yet are created as `unknown`.
 * @param syncLogId the run that reads, which bad rows name; null = none
 */
export async function storePage(
  db: PrismaClient,
  stream: TradeStream,
  page: PageToStore,
  now: Date,
  syncLogId: number | null = null,
): Promise<StoredCounts> {
  const bad = page.bad.length > 0 ? quarantine(stream, page.bad, now, syncLogId) : null;
  const insert = db.$queryRaw<StoredCounts[]>`
    WITH locked AS MATERIALIZED (
      -- Before any id is drawn: a wallet's ids grow in the order of their commits, on which its ledger relies.
      SELECT id FROM stream_state WHERE id = ${stream.id}::int FOR NO KEY UPDATE
    ), input AS MATERIALIZED (
      SELECT r.*,
        (SELECT m.id FROM market m
         WHERE m.venue = ${stream.venue} AND m.kind = 'binary' AND m.external_id = r.market) AS market_id,
        (SELECT m.id FROM market m
         WHERE m.venue = ${stream.venue} AND m.kind = 'categorical' AND m.external_id = r.parent) AS parent_id
      FROM jsonb_to_recordset(${toJsonb(page.trades.map(tradeRecord))}::jsonb) AS r(
        identity uuid, market text, title text, parent text, parent_title text, tx_hash text,
        outcome_side text, side text, price numeric, shares numeric, amount numeric, fee numeric,
        ordinal int, traded_at timestamptz)
    ), new_parents AS (
      INSERT INTO market (venue, kind, external_id, title)
      SELECT DISTINCT ON (i.parent) ${stream.venue}, 'categorical'::market_kind, i.parent, coalesce(i.parent_title, i.parent)
      FROM input i
      WHERE i.parent IS NOT NULL AND i.parent_id IS NULL
      ORDER BY i.parent
      ON CONFLICT (venue, kind, external_id) DO UPDATE SET title = market.title
      RETURNING id, external_id
    ), new_markets AS (
      INSERT INTO market (venue, kind, external_id, title, parent_id)
      SELECT DISTINCT ON (i.market) ${stream.venue}, 'binary'::market_kind, i.market, i.title,
        coalesce(i.parent_id, (SELECT n.id FROM new_parents n WHERE n.external_id = i.parent))
      FROM input i
      WHERE i.market_id IS NULL
      ORDER BY i.market
      ON CONFLICT (venue, kind, external_id) DO UPDATE SET title = market.title
      RETURNING id, external_id
    ), inserted AS (
      INSERT INTO trade (identity, venue, whale_id, tx_hash, market_id, outcome_side, side, price,
        shares, amount, fee, ordinal, traded_at, seen_at)
      SELECT i.identity, ${stream.venue}, ${stream.whaleId}::int, i.tx_hash,
        coalesce(i.market_id, (SELECT n.id FROM new_markets n WHERE n.external_id = i.market)),
        i.outcome_side, i.side, i.price, i.shares, i.amount, i.fee, i.ordinal, i.traded_at, ${now}::timestamptz
      FROM locked l CROSS JOIN input i
      ON CONFLICT (identity) DO NOTHING
      RETURNING traded_at
    )${bad?.insert ?? Prisma.empty}, whale_seen AS (
      UPDATE whale SET last_trade_at = greatest(last_trade_at, (SELECT max(traded_at) FROM inserted))
      WHERE id = ${stream.whaleId}::int AND EXISTS (SELECT 1 FROM inserted)
    ), moved AS (
      UPDATE stream_state SET
        watermark = ${date(page.progress.watermark)}::timestamptz,
        covered = ${JSON.stringify(page.progress.covered)}::jsonb,
        -- Only a read to the true end takes back what was taken for the end before; retention may have moved it meanwhile.
        complete_since = CASE WHEN early_ends > 0 AND ${page.joined?.atTrueEnd ?? false}::boolean
          THEN ${date(page.progress.completeSince)}::timestamptz
          ELSE greatest(complete_since, ${date(page.progress.completeSince)}::timestamptz) END,
        early_ends = CASE WHEN ${page.joined?.atTrueEnd ?? false}::boolean THEN 0 ELSE early_ends END,
        stored_total = stored_total + (SELECT count(*)::int FROM inserted),
        ${bad?.rereadColumns ?? Prisma.empty}
        last_read_at = ${now}::timestamptz, updated_at = ${now}::timestamptz
      WHERE id = ${stream.id}::int
    )
    SELECT (SELECT count(*)::int FROM inserted) AS created,
      ${bad?.count ?? Prisma.sql`0`} AS quarantined,
      ${announce("trades", Prisma.sql`EXISTS (SELECT 1 FROM inserted)`)} AS announced`;
  const [[counts]] = page.joined
    ? await db.$transaction([insert, settle(db, stream, page.joined, now)])
    : [await insert];
  if (!counts) throw new Error("Storing a page returned no counts.");
  return { created: counts.created, quarantined: counts.quarantined };
}

/** The parts of the statement that keep bad rows and have their place read again; left out of the many pages that have none. */
function quarantine(
  stream: TradeStream,
  rows: QuarantinedTrade[],
  now: Date,
  syncLogId: number | null,
) {
  return {
    insert: Prisma.sql`, bad AS (
      INSERT INTO quarantined_row (venue, kind, wallet, content_hash, payload, path, message, near_at,
        first_seen_at, last_seen_at, sync_log_id)
      SELECT ${stream.venue}, 'trades', ${stream.wallet}, q.content_hash, q.payload, q.path, q.message, q.near_at,
        ${now}::timestamptz, ${now}::timestamptz, ${syncLogId}::int
      FROM jsonb_to_recordset(${toJsonb(distinctBad(stream, rows))}::jsonb) AS q(
        content_hash text, payload jsonb, path text, message text, near_at timestamptz)
      ON CONFLICT (content_hash) DO UPDATE
        SET last_seen_at = excluded.last_seen_at, near_at = coalesce(excluded.near_at, quarantined_row.near_at),
          status = 'open', healed_at = NULL, sync_log_id = excluded.sync_log_id
      RETURNING (xmax = 0) AS fresh, near_at
    )`,
    rereadColumns: Prisma.sql`
      reread_until = least(reread_until, (SELECT min(coalesce(near_at, to_timestamp(0))) FROM bad)),
      reread_due_at = CASE WHEN EXISTS (SELECT 1 FROM bad WHERE fresh)
        THEN least(reread_due_at, ${now}::timestamptz + interval '60 seconds')
        ELSE coalesce(reread_due_at, ${now}::timestamptz + interval '60 seconds') END,
      reread_attempts = CASE WHEN EXISTS (SELECT 1 FROM bad WHERE fresh) THEN 0 ELSE reread_attempts END,`,
    count: Prisma.sql`(SELECT count(*)::int FROM bad WHERE fresh)`,
  };
}

/**
 * After a joined read: rows that a reread down to their place no longer saw bad are healed, and the next reread is set when rows are
 * still quarantined or fewer are stored than the venue says it has.
 */
function settle(
  db: PrismaClient,
  stream: TradeStream,
  joined: { floor: number; topTotal: number },
  now: Date,
) {
  const floor = new Date(Number.isFinite(joined.floor) ? joined.floor : 0);
  return db.$executeRaw`
    WITH healed AS (
      UPDATE quarantined_row q SET status = 'healed', healed_at = ${now}::timestamptz
      FROM stream_state s
      WHERE s.id = ${stream.id}::int AND q.venue = ${stream.venue} AND q.kind = 'trades' AND q.wallet = ${stream.wallet}
        AND q.status = 'open' AND q.last_seen_at < s.reread_started_at
        AND coalesce(q.near_at, to_timestamp(0)) >= ${floor}::timestamptz
      RETURNING q.id
    ), still_open AS (
      -- What lies before the kept time counts, but no read comes down to it.
      SELECT count(*)::int AS n, min(coalesce(q.near_at, to_timestamp(0))) FILTER (
        WHERE q.near_at IS NULL OR s.complete_since IS NULL OR q.near_at >= s.complete_since) AS near
      FROM quarantined_row q JOIN stream_state s ON s.id = ${stream.id}::int
      WHERE q.venue = ${stream.venue} AND q.kind = 'trades' AND q.wallet = ${stream.wallet} AND q.status = 'open'
        AND q.id NOT IN (SELECT id FROM healed)
    ), gap AS (
      SELECT m.missing, f.fresh,
        CASE WHEN f.fresh THEN 0 ELSE s.reread_attempts + (s.reread_started_at IS NOT NULL)::int END AS attempts
      FROM stream_state s, still_open o,
        LATERAL (SELECT greatest(0, ${joined.topTotal}::int - s.stored_total - o.n) AS missing) m,
        LATERAL (SELECT m.missing > s.accepted_gap AND s.reread_until IS DISTINCT FROM to_timestamp(0) AS fresh) f
      WHERE s.id = ${stream.id}::int
    ), wanted AS (
      SELECT s.id, g.attempts, g.fresh OR s.reread_started_at IS NOT NULL OR s.reread_due_at IS NULL AS timed,
        CASE WHEN g.attempts >= ${REREAD_DELAYS.length}::int THEN g.missing ELSE least(s.accepted_gap, g.missing) END AS accepted,
        CASE WHEN g.missing > s.accepted_gap AND g.attempts < ${REREAD_DELAYS.length}::int THEN to_timestamp(0) ELSE o.near END AS until,
        (${REREAD_DELAYS}::int[])[least(g.attempts, ${REREAD_DELAYS.length - 1}::int) + 1] AS delay
      FROM stream_state s, still_open o, gap g WHERE s.id = ${stream.id}::int
    )
    UPDATE stream_state s SET
      venue_total = ${joined.topTotal}::int,
      accepted_gap = w.accepted,
      last_joined_at = ${now}::timestamptz,
      reread_until = w.until,
      reread_attempts = CASE WHEN w.until IS NULL THEN 0 ELSE w.attempts END,
      reread_due_at = CASE
        WHEN w.until IS NULL THEN NULL
        WHEN w.timed THEN ${now}::timestamptz + w.delay * interval '1 second'
        ELSE s.reread_due_at END,
      reread_started_at = NULL
    FROM wanted w WHERE s.id = w.id`;
}

function tradeRecord({ row, key, ordinal }: NumberedTrade) {
  return {
    identity: tradeIdentity(key, ordinal),
    market: row.marketExternalId,
    title: row.marketTitle,
    parent: row.parentExternalId,
    parent_title: row.parentTitle,
    tx_hash: row.txHash,
    outcome_side: row.outcomeSide,
    side: row.side,
    price: row.price,
    shares: row.shares,
    amount: row.amount,
    fee: row.fee,
    ordinal,
    traded_at: row.tradedAt,
  };
}

function distinctBad(stream: TradeStream, rows: QuarantinedTrade[]) {
  const byHash = new Map(
    rows.map(({ payload, path, message, nearAt }) => {
      const content = JSON.stringify([stream.venue, "trades", stream.wallet, payload]);
      const content_hash = createHash("sha256").update(content).digest("hex");
      return [content_hash, { content_hash, payload, path, message, near_at: date(nearAt) }];
    }),
  );
  return [...byHash.values()];
}

function date(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}
