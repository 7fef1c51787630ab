import { z } from "zod";
import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { decodeCursor, encodeCursor, type Page } from "~/lib/keyset.ts";
import {
  listLeadingOutcomes,
  listOutcomes,
  listPriceCourses,
  type PriceCourse,
} from "./market-extras.server.ts";
import { listMarketsByIds, listTopMarkets } from "./market-list.server.ts";
import { filtersOf, type MarketSearch } from "./market-page-search.ts";
import { MATCHES_RANKED, type MarketSort } from "./market-sorts.ts";
import type { MarketItem } from "./queries.server.ts";
import { type Correction, type MarketHit, searchMarkets } from "./search.server.ts";
import { searchTermsOf } from "./search-words.ts";

/** A market with how its price has moved. */
export type MarketWithCourse = MarketItem & {
  /** Yes prices of the last 7 days for drawing, null = not known; of a group's likeliest outcome. */
  course: (number | null)[];
  /** By how much that price has changed in a day, exact; null = one of the two prices is not known. */
  change: string | null;
};

/** A row of the page: a market that stands alone, or a group. */
export type BrowseRow = MarketWithCourse & {
  group: {
    outcomes: number;
    leader: { id: number; title: string; yesPrice: string | null } | null;
    /** Its outcomes, where it is unfolded. */
    unfolded: MarketWithCourse[] | null;
    /** The outcome by which a search found the group; null = by its own title, or no search. */
    matched: MarketWithCourse | null;
  } | null;
};

export type Browse = Page<BrowseRow> & {
  sort: MarketSort;
  /** What a search found beside its rows; null = nothing was searched for. */
  search: { corrected: Correction[] | null; more: boolean } | null;
};

const matchPlace = z.tuple([
  z.literal("match"),
  z.string().regex(/^\d{1,4}$/),
  z.string().regex(/^\d{1,9}$/),
]);

/** A page of markets, how they are ordered and what a search found beside them. */
type FoundMarkets = Page<MarketItem> & Pick<Browse, "sort" | "search"> & { hits: MarketHit[] };

type MarketQuery = {
  /** `open` names the groups to unfold. */
  search: MarketSearch & { open?: number[]; cursor?: string };
  limit: number;
  now: Date;
};

/**
 * One page of what the filters leave of the markets that stand alone or head a group. A text is searched for first; its matches come
 * best first unless another order is asked for.
 * @throws {Response} 400 for a cursor of another order
 */
export async function findTopMarkets(
  db: PrismaClient,
  { search, limit, now }: MarketQuery,
): Promise<FoundMarkets> {
  const filters = filtersOf(search);
  const terms = searchTermsOf(search.q ?? "");
  const { cursor } = search;
  if (!terms) {
    const sort =
      search.sort === undefined || search.sort === "relevance" ? "volume24h" : search.sort;
    const page = await listTopMarkets(db, { sort, filters, cursor, limit, now });
    return { ...page, sort, search: null, hits: [] };
  }
  const { hits, ...found } = await searchMarkets(db, { terms, filters, limit: MATCHES_RANKED });
  const sort = search.sort ?? "relevance";
  const ids = hits.map(({ id }) => id);
  const page =
    sort === "relevance"
      ? await pageOfMatches(db, ids, cursor, limit)
      : await listTopMarkets(db, { sort, filters, cursor, limit, now, ids });
  return { ...page, sort, search: found, hits };
}

/**
 * One page of /markets: what `findTopMarkets` finds, with prices, outcomes and the course of the price.
 * @throws {Response} 400 for a cursor of another order
 */
export async function browseMarkets(db: PrismaClient, query: MarketQuery): Promise<Browse> {
  const { hits, sort, search, ...page } = await findTopMarkets(db, query);
  const open = query.search.open ?? [];
  return { ...(await withRows(db, page, { open, hits, now: query.now })), sort, search };
}

/** Goes on after the market that ended the page before; where that no longer matches, at its place. */
async function pageOfMatches(
  db: PrismaClient,
  ids: number[],
  cursor: string | undefined,
  limit: number,
): Promise<Page<MarketItem>> {
  const after = decodeCursor(cursor, matchPlace);
  const place = after ? ids.indexOf(Number(after[2])) : -1;
  const start = after && place < 0 ? Number(after[1]) : place + 1;
  const shown = ids.slice(start, start + limit);
  const last = shown.at(-1);
  return {
    data: await listMarketsByIds(db, shown),
    nextCursor:
      last !== undefined && ids.length > start + limit
        ? encodeCursor(["match", String(start + limit), String(last)])
        : null,
  };
}

async function withRows(
  db: PrismaClient,
  page: Page<MarketItem>,
  { open, hits, now }: { open: number[]; hits: MarketHit[]; now: Date },
): Promise<Page<BrowseRow>> {
  const groups = page.data.filter(({ kind }) => kind === "categorical").map(({ id }) => id);
  const vias = new Map(hits.map(({ id, via }) => [id, via]));
  const [leading, unfolded, matches] = await Promise.all([
    listLeadingOutcomes(db, groups, 1),
    listOutcomes(
      db,
      groups.filter((id) => open.includes(id)),
    ),
    listMarketsByIds(
      db,
      groups.flatMap((id) => vias.get(id) ?? []),
    ),
  ]);
  const leaderOf = (id: number) => leading.get(id)?.leading[0] ?? null;
  const priced = [
    ...page.data.map((market) => leaderOf(market.id) ?? market),
    ...[...unfolded.values()].flat(),
    ...matches,
  ].filter(({ yesPrice }) => yesPrice !== null);
  const courses = await listPriceCourses(db, [...new Set(priced.map(({ id }) => id))], now);
  const priceOf = (market: MarketItem) => ({ ...market, ...courseOf(market, courses) });
  const groupOf = ({ id }: MarketItem): NonNullable<BrowseRow["group"]> => {
    const leader = leaderOf(id);
    const matched = matches.find((match) => match.id === vias.get(id));
    return {
      outcomes: leading.get(id)?.count ?? 0,
      leader: leader && { id: leader.id, title: leader.title, yesPrice: leader.yesPrice },
      unfolded: unfolded.get(id)?.map(priceOf) ?? null,
      matched: matched ? priceOf(matched) : null,
    };
  };
  return {
    data: page.data.map((market) => ({
      ...market,
      ...courseOf(leaderOf(market.id) ?? market, courses),
      group: market.kind === "categorical" ? groupOf(market) : null,
    })),
    nextCursor: page.nextCursor,
  };
}

function courseOf(
  { id, yesPrice }: MarketItem,
  courses: Map<number, PriceCourse>,
): Pick<MarketWithCourse, "course" | "change"> {
  const course = courses.get(id);
  return {
    course: course?.points ?? [],
    change:
      yesPrice !== null && course?.dayAgo != null
        ? new Prisma.Decimal(yesPrice).minus(course.dayAgo).toFixed()
        : null,
  };
}
