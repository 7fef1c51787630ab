import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { reckonedPositions } from "./reckoning.server.ts";

/** Below this many decided markets a win rate says nothing and is withheld. */
const MIN_DECIDED = 20;

/** Categories that are named; the rest is one sum. */
const NAMED_CATEGORIES = 7;

/** Computes realised PnL, decided markets and the mix of categories of whales into their figures of the window `all`, which must be there. */
export function computePnl(
  db: PrismaClient,
  whaleIds: readonly number[],
): Prisma.PrismaPromise<number> {
  return db.$executeRaw`
    WITH wanted AS MATERIALIZED (SELECT unnest(${whaleIds}::int[]) AS id),
    reckoned AS MATERIALIZED (${reckonedPositions(Prisma.sql`SELECT id FROM wanted`)}),
    ${perWhale}, ${categories}
    UPDATE whale_stats x SET
      pnl = CASE WHEN h.why IS NULL THEN t.pnl END,
      pnl_withheld = h.why,
      decided = CASE WHEN w.ledger_since = to_timestamp(0) AND t.missing = 0 THEN t.decided END,
      wins = CASE WHEN w.ledger_since = to_timestamp(0) AND t.missing = 0 AND t.decided >= ${MIN_DECIDED}::int THEN t.wins END,
      categories = c.mix
    FROM wanted v
    JOIN whale w ON w.id = v.id
    JOIN totals t ON t.id = v.id
    LEFT JOIN mixes c ON c.whale_id = v.id
    CROSS JOIN LATERAL (SELECT ${whyWithheld} AS why) h
    WHERE x.whale_id = v.id AND x."window" = 'all'`;
}

const perWhale = Prisma.sql`
  markets AS (
    SELECT whale_id, market_id, sum(realised) AS realised, bool_and(why IS NULL AND state IN ('closed', 'resolved')) AS decided
    FROM reckoned GROUP BY whale_id, market_id
  ), totals AS (
    SELECT v.id, p.pnl, p.positions, p.unclear, p.example, coalesce(m.decided, 0) AS decided, coalesce(m.wins, 0) AS wins,
      coalesce((SELECT greatest(s.venue_total - s.stored_total, 0) FROM stream_state s JOIN whale w ON w.id = v.id
        WHERE s.venue = w.venue AND s.kind = 'trades' AND s.wallet = w.address), 0) AS missing
    FROM wanted v
    LEFT JOIN (
      SELECT whale_id, sum(realised) AS pnl, count(*)::int AS positions, count(why)::int AS unclear, min(why) AS example
      FROM reckoned GROUP BY whale_id
    ) p ON p.whale_id = v.id
    LEFT JOIN (
      SELECT whale_id, count(*) FILTER (WHERE decided)::int AS decided, count(*) FILTER (WHERE decided AND realised > 0)::int AS wins
      FROM markets GROUP BY whale_id
    ) m ON m.whale_id = v.id
  )`;

const whyWithheld = Prisma.sql`
  CASE
    WHEN w.ledger_since IS NULL THEN 'The history of this wallet is still being read.'
    WHEN w.ledger_since > to_timestamp(0)
      THEN 'Only fills since ' || to_char(w.ledger_since AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' are known.'
    WHEN t.missing > 0 THEN 'The venue counts more trades of this wallet than it has served (' || t.missing || ' are missing).'
    WHEN t.positions IS NULL THEN 'No trade is known.'
    WHEN t.unclear > 0 THEN t.unclear || ' of ' || t.positions || ' positions cannot be reckoned. ' || t.example
  END`;

const categories = Prisma.sql`
  by_label AS (
    SELECT r.whale_id, m.label, sum(r.traded) AS volume,
      row_number() OVER (PARTITION BY r.whale_id ORDER BY sum(r.traded) DESC, m.label) AS place
    FROM reckoned r CROSS JOIN LATERAL (
      SELECT coalesce(c.labels[1], (SELECT p.labels[1] FROM market p WHERE p.id = c.parent_id)) AS label
      FROM market c WHERE c.id = r.market_id LIMIT 1
    ) m
    WHERE r.traded > 0
    GROUP BY r.whale_id, m.label
  ), named AS (
    SELECT whale_id, least(place, ${NAMED_CATEGORIES + 1}::int) AS place,
      CASE WHEN min(place) <= ${NAMED_CATEGORIES}::int THEN min(label) END AS label,
      CASE WHEN min(place) > ${NAMED_CATEGORIES}::int THEN count(*) ELSE 0 END AS others, sum(volume) AS volume
    FROM by_label GROUP BY 1, 2
  ), mixes AS (
    SELECT whale_id, jsonb_agg(jsonb_build_object('label', label, 'others', others, 'volume', trim_scale(volume)::text) ORDER BY place) AS mix
    FROM named GROUP BY whale_id
  )`;
