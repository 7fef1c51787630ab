import { Prisma } from "~/generated/prisma/client.ts";

/** Decimals of a computed figure; what the venue sent keeps all of its own. */
const COMPUTED_DECIMALS = 18;

/**
 * A query for the positions of some whales with what they come to by average cost (docs/decisions/ledger.md). Per position: `state`
 * (`open`; `resolved` = the market paid out; `ended` = it ended without a result; `closed` = every share was sold), `net` shares,
 * `avg_cost`, `price`, `value`, `realised` and `unrealised` PnL. What is null is withheld: `why` says why for all figures, `why_price`
 * for those that hang on the price.
 * @param whales a query for whale ids
 * @param marketId only the positions in this market; otherwise all of the whales
 */
export function reckonedPositions(whales: Prisma.Sql, marketId?: number): Prisma.Sql {
  return Prisma.sql`
    SELECT r.whale_id, r.market_id, r.outcome_side, r.trade_count, r.last_at, r.bought_amount + r.sold_amount AS traded,
      r.state, r.why,
      CASE
        WHEN r.why IS NULL AND r.state = 'ended' THEN 'The market ended without a result: what its shares are worth is not known.'
        WHEN r.why IS NULL AND r.price IS NULL AND r.state = 'open' THEN 'No price of this market has been measured yet.'
      END AS why_price,
      CASE WHEN r.why IS NULL THEN r.net END AS net,
      CASE WHEN r.why IS NULL AND r.got_shares > 0
        THEN round(r.got_cost / r.got_shares, ${COMPUTED_DECIMALS}::int) END AS avg_cost,
      r.price,
      CASE WHEN r.why IS NULL AND r.state = 'open' THEN round(r.net * r.price, ${COMPUTED_DECIMALS}::int) END AS value,
      CASE WHEN r.why IS NULL THEN round(${realised}, ${COMPUTED_DECIMALS}::int) END AS realised,
      CASE WHEN r.why IS NULL AND r.state = 'open'
        THEN round(r.net * r.price - r.net * r.got_cost / nullif(r.got_shares, 0), ${COMPUTED_DECIMALS}::int) END AS unrealised
    FROM (SELECT p.*, ${reason} AS why FROM (${facts(whales, marketId)}) p) r`;
}

const facts = (whales: Prisma.Sql, marketId: number | undefined) => Prisma.sql`
  SELECT f.*, o.since, o.missing, m.result_side, m.opened_at,
    CASE WHEN f.net = 0 THEN 'closed' WHEN m.status = 'resolved' THEN 'resolved'
      WHEN m.status IN ('failed', 'deleted') THEN 'ended' ELSE 'open' END AS state,
    CASE f.outcome_side WHEN 'yes' THEN m.yes_price WHEN 'no' THEN 1 - m.yes_price END AS price
  FROM (
    SELECT w.id, w.ledger_since AS since, greatest(s.venue_total - s.stored_total, 0) AS missing
    FROM (${whales}) wanted
    CROSS JOIN LATERAL (SELECT id, ledger_since, venue, address FROM whale WHERE id = wanted.id LIMIT 1) w
    LEFT JOIN LATERAL (
      SELECT venue_total, stored_total FROM stream_state
      WHERE venue = w.venue AND kind = 'trades' AND wallet = w.address LIMIT 1
    ) s ON true
  ) o
  CROSS JOIN LATERAL (
    SELECT *, bought_shares + minted_shares - sold_shares AS net,
      bought_shares + greatest(minted_shares, 0) AS got_shares, bought_amount + greatest(minted_shares, 0) / 2 AS got_cost,
      sold_shares + greatest(-minted_shares, 0) AS left_shares, sold_amount + greatest(-minted_shares, 0) / 2 AS left_amount,
      count(nullif(minted_amount, 0)) OVER (PARTITION BY market_id) > 1 AS minted_twice,
      sum(unclear_count) OVER (PARTITION BY market_id) AS unclear
    FROM position WHERE whale_id = o.id${marketId === undefined ? Prisma.empty : Prisma.sql` AND market_id = ${marketId}::int`}
  ) f
  CROSS JOIN LATERAL (
    SELECT status, yes_price, result_side, opened_at FROM market WHERE id = f.market_id LIMIT 1
  ) m`;

/** Why a position cannot be reckoned; the first that applies. */
const reason = Prisma.sql`
  CASE
    WHEN p.since IS NULL THEN 'The history of this wallet is still being read.'
    WHEN p.since > to_timestamp(0) AND NOT coalesce(p.opened_at >= p.since, false)
      THEN 'Only fills since ' || to_char(p.since AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' are known; the position may be older.'
    WHEN p.missing > 0 THEN 'The venue counts more trades of this wallet than it has served (' || p.missing || ' are missing).'
    WHEN p.minted_twice THEN 'Splits or merges are listed under both outcomes of this market, so how many there were is not known.'
    WHEN p.unclear > 0 THEN p.unclear || ' of the rows of this market came without an amount, shares or a known side.'
    WHEN p.net < 0 THEN 'More shares were sold than bought: some came in another way.'
    WHEN p.state = 'resolved' AND p.result_side IS NULL THEN 'The result of this market is not known.'
    WHEN p.state <> 'closed' AND p.outcome_side NOT IN ('yes', 'no') THEN 'The venue calls this outcome neither yes nor no.'
  END`;

const realised = Prisma.sql`
  CASE r.state
    WHEN 'closed' THEN r.left_amount - r.got_cost
    WHEN 'resolved' THEN r.left_amount + CASE WHEN r.outcome_side = r.result_side THEN r.net ELSE 0 END - r.got_cost
    ELSE r.left_amount - coalesce(r.left_shares * r.got_cost / nullif(r.got_shares, 0), 0)
  END`;
