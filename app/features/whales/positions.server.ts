import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { reckonedPositions } from "./reckoning.server.ts";

/** A whale's position in one outcome of a market. Decimals are exact strings; what is null is withheld, and `why` or `whyPrice` says why. */
export type PositionItem = {
  market: { id: number; title: string; parentTitle: string | null; outcomeLabel: string | null };
  outcomeSide: string;
  /** `resolved` = the market has paid out; `ended` = it ended without a result; `closed` = every share was sold. */
  state: "open" | "resolved" | "ended" | "closed";
  shares: string | null;
  averageCost: string | null;
  /** The market's last price of this outcome. */
  price: string | null;
  value: string | null;
  realised: string | null;
  unrealised: string | null;
  tradeCount: number;
  /** ISO UTC. */
  lastAt: string;
  /** Why all figures are withheld; null = they are not. */
  why: string | null;
  /** Why those that hang on the price are. */
  whyPrice: string | null;
};

/** A sum over the positions that have the figure, and how many they are. */
type PositionSum = { sum: string | null; positions: number };

export type WhalePositions = {
  rows: PositionItem[];
  openCount: number;
  doneCount: number;
  value: PositionSum;
  unrealised: PositionSum;
  realised: PositionSum;
};

/**
 * Positions of a whale with sums over all of them: the open ones by value, the largest first, those without one last; or those that are
 * over, the last traded first.
 * @param options.limit rows at most; the sums take in every position
 */
export async function listPositions(
  db: PrismaClient,
  whaleId: number,
  options: { open: boolean; limit: number },
): Promise<WhalePositions> {
  const order = options.open
    ? Prisma.sql`value DESC NULLS LAST, last_at DESC, market_id, outcome_side`
    : Prisma.sql`last_at DESC, market_id, outcome_side`;
  const [sums] = await db.$queryRaw<SumsRow[]>`
    WITH r AS MATERIALIZED (${reckonedPositions(Prisma.sql`SELECT ${whaleId}::int AS id`)})
    SELECT count(*) FILTER (WHERE state = 'open')::int AS open, count(*) FILTER (WHERE state <> 'open')::int AS done,
      trim_scale(sum(value))::text AS value, count(value)::int AS valued,
      trim_scale(sum(unrealised))::text AS unrealised, count(unrealised)::int AS unrealised_of,
      trim_scale(sum(realised))::text AS realised, count(realised)::int AS realised_of,
      (SELECT coalesce(json_agg(${rowJson}), '[]') FROM (
        SELECT * FROM r WHERE (state = 'open') = ${options.open}::boolean ORDER BY ${order} LIMIT ${options.limit}::int
      ) p CROSS JOIN LATERAL (
        SELECT title, yes_label, no_label, (SELECT g.title FROM market g WHERE g.id = c.parent_id) AS parent_title
        FROM market c WHERE c.id = p.market_id LIMIT 1
      ) m) AS rows
    FROM r`;
  if (!sums) throw new Error("Positions gave no sums.");
  return {
    rows: sums.rows.map((row) => ({ ...row, lastAt: new Date(row.lastAt).toISOString() })),
    openCount: sums.open,
    doneCount: sums.done,
    value: { sum: sums.value, positions: sums.valued },
    unrealised: { sum: sums.unrealised, positions: sums.unrealised_of },
    realised: { sum: sums.realised, positions: sums.realised_of },
  };
}

type SumsRow = {
  open: number;
  done: number;
  value: string | null;
  valued: number;
  unrealised: string | null;
  unrealised_of: number;
  realised: string | null;
  realised_of: number;
  rows: PositionItem[];
};

// Figures travel inside JSON as text, which keeps decimals exact.
const rowJson = Prisma.sql`json_build_object(
  'market', json_build_object('id', p.market_id, 'title', m.title, 'parentTitle', m.parent_title,
    'outcomeLabel', CASE p.outcome_side WHEN 'yes' THEN m.yes_label WHEN 'no' THEN m.no_label END),
  'outcomeSide', p.outcome_side, 'state', p.state, 'shares', trim_scale(p.net)::text,
  'averageCost', trim_scale(p.avg_cost)::text, 'price', trim_scale(p.price)::text, 'value', trim_scale(p.value)::text,
  'realised', trim_scale(p.realised)::text, 'unrealised', trim_scale(p.unrealised)::text,
  'tradeCount', p.trade_count, 'lastAt', p.last_at, 'why', p.why, 'whyPrice', p.why_price)`;
