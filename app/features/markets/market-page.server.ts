import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import type { TimeWindow } from "~/lib/windows.ts";
import {
  firstGroupKnownAt,
  type GroupFlow,
  readGroupFlow,
  readGroupHistories,
} from "./group-activity.server.ts";
import { historyRange } from "./history-range.ts";
import {
  type Flow,
  firstKnownAt,
  readActivity,
  readLedgerFlow,
  type TradeMark,
} from "./market-activity.server.ts";
import { listPriceCourses } from "./market-extras.server.ts";
import { listMarketWhales, type MarketWhale } from "./market-whales.server.ts";
import type { PriceHistory } from "./price-grid.ts";
import {
  CHILDREN_SHOWN,
  listChildren,
  type MarketDetail,
  type MarketItem,
} from "./queries.server.ts";
import { listSiblings, type Sibling } from "./siblings.server.ts";

const MAX_STEPS = 370;
const MAX_GROUP_STEPS = 100;
/** Outcomes of a group that are drawn and summed up. */
const LEADING = 5;
const COURSES_DRAWN = 30;
const SIBLINGS_SHOWN = 8;
const WHALES_SHOWN = 20;
const ALL_WHALES_SHOWN = 200;

/** What the page of a market that can be traded shows beside its trades. Decimals are exact strings. */
export type TradablePage = {
  history: PriceHistory;
  marks: TradeMark[];
  /** Yes price now minus the last one known a day ago; null = one of them is not known. */
  change24h: string | null;
  /** The no price, as 1 minus the yes price. */
  noPrice: string | null;
  flow: Flow;
  whales: { rows: MarketWhale[]; more: boolean };
  siblings: Sibling[];
};

/** Everything about a market that can be traded, for its page. `now` is epoch milliseconds. */
export async function readTradablePage(
  db: PrismaClient,
  market: MarketDetail,
  { window, allWhales, now }: { window: TimeWindow; allWhales: boolean; now: number },
): Promise<TradablePage> {
  const since = window === "all" ? await firstKnownAt(db, market.id) : null;
  const range = historyRange(window, { now, since, maxSteps: MAX_STEPS });
  const [{ history, marks, dayAgo, flow }, ledger, whales, siblings] = await Promise.all([
    readActivity(db, { marketId: market.id, range, now }),
    window === "all" ? readLedgerFlow(db, market.id) : null,
    listMarketWhales(db, {
      marketId: market.id,
      limit: allWhales ? ALL_WHALES_SHOWN : WHALES_SHOWN,
    }),
    market.parent
      ? listSiblings(db, { parentId: market.parent.id, except: market.id, limit: SIBLINGS_SHOWN })
      : [],
  ]);
  const price = market.yesPrice === null ? null : new Prisma.Decimal(market.yesPrice);
  return {
    history,
    marks,
    change24h: price && dayAgo !== null ? price.minus(dayAgo).toFixed() : null,
    noPrice: price && new Prisma.Decimal(1).minus(price).toFixed(),
    flow: ledger ?? flow,
    whales,
    siblings,
  };
}

/** What the page of a group shows: its outcomes, and the course and flow of the leading ones. */
export type GroupPage = {
  /** Likeliest first. */
  outcomes: MarketItem[];
  /** There are more outcomes than these. */
  more: boolean;
  /** Yes prices of the last 7 days by market id, for drawing; the first outcomes have one. */
  courses: Record<number, (number | null)[]>;
  leading: { market: MarketItem; history: PriceHistory; flow: GroupFlow | null }[];
};

/** Everything about a group of markets, for its page. `now` is epoch milliseconds. */
export async function readGroupPage(
  db: PrismaClient,
  parentId: number,
  { window, now }: { window: TimeWindow; now: number },
): Promise<GroupPage> {
  const outcomes = await listChildren(db, parentId);
  const leaders = outcomes.filter(({ yesPrice }) => yesPrice !== null).slice(0, LEADING);
  const marketIds = leaders.map(({ id }) => id);
  const since = window === "all" ? await firstGroupKnownAt(db, marketIds) : null;
  const range = historyRange(window, { now, since, maxSteps: MAX_GROUP_STEPS });
  const drawn = outcomes.slice(0, COURSES_DRAWN).map(({ id }) => id);
  const [histories, flows, courses] = await Promise.all([
    readGroupHistories(db, { marketIds, range }),
    readGroupFlow(db, { marketIds, since: new Date(range.since) }),
    listPriceCourses(db, drawn, new Date(now)),
  ]);
  return {
    outcomes,
    more: outcomes.length >= CHILDREN_SHOWN,
    courses: Object.fromEntries([...courses].map(([id, { points }]) => [id, points])),
    leading: leaders.flatMap((market) => {
      const history = histories.get(market.id);
      const flow = flows.find(({ marketId }) => marketId === market.id) ?? null;
      return history ? [{ market, history, flow }] : [];
    }),
  };
}
