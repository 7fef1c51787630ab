import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { conditionsOf, statusesOf } from "./market-list.server.ts";
import type { MarketFilters } from "./market-page-search.ts";
import {
  allowedErrors,
  isCorrectable,
  likeText,
  meaningsOf,
  patternsOf,
  type SearchTerms,
} from "./search-words.ts";

/** Titles that are looked through for a word; of more, the most traded markets are looked through beside them. */
const TITLES_READ = 1000;
const POPULAR_READ = 500;

/** Fewer hits than this make a word that no title holds a suspected typing error. */
const FEW = 5;

export type MarketHit = {
  /** A market that stands alone or heads a group. */
  id: number;
  /** The outcome that led to its group; null = the title itself fits. */
  via: number | null;
};

export type Correction = { typed: string; meant: string[] };

export type MarketHits = {
  /** Best first. */
  hits: MarketHit[];
  /** Words that no title holds, with what they were taken for; null = all were searched for as typed. */
  corrected: Correction[] | null;
  /** There are more, which were not ranked. */
  more: boolean;
};

/** What each word of a search may be: the word itself, or what a mistyped one may have meant. */
type Meanings = { typed: string; words: string[] }[];

/**
 * Markets whose title, or the title of their group or of one of its outcomes, holds all words: those that begin with the text first,
 * then those that hold it, then those with the words in any place; the most traded first among equals. Where next to nothing is
 * found, words that no title holds are taken for mistyped.
 */
export async function searchMarkets(
  db: PrismaClient,
  query: { terms: SearchTerms; filters: MarketFilters; limit: number },
): Promise<MarketHits> {
  const typed = query.terms.words.map((word) => ({ typed: word, words: [word] }));
  const found = await findMarkets(db, query, typed);
  if (found.hits.length >= FEW) return { ...found, corrected: null };
  const meant = await correct(db, typed);
  if (!meant) return { ...found, corrected: null };
  return {
    ...(await findMarkets(db, query, meant)),
    corrected: meant
      .filter(({ typed, words }) => words[0] !== typed)
      .map(({ typed, words }) => ({ typed, meant: words })),
  };
}

async function findMarkets(
  db: PrismaClient,
  { terms, filters, limit }: { terms: SearchTerms; filters: MarketFilters; limit: number },
  meanings: Meanings,
): Promise<Omit<MarketHits, "corrected">> {
  const patterns = meanings.map(({ words }) => words.flatMap(patternsOf));
  const holdsAll = (title: Prisma.Sql) =>
    Prisma.join(
      patterns.map((ways) => holds(title, ways)),
      " AND ",
    );
  const phrase = likeText(
    meanings.length === 1 ? (meanings[0]?.words[0] ?? terms.phrase) : terms.phrase,
  );
  const conditions = [Prisma.sql`true`, ...conditionsOf(filters)];
  const rows = await db.$queryRaw<MarketHit[]>(Prisma.sql`
    WITH held AS MATERIALIZED (
      SELECT t.market_id, t.group_id, t.title FROM search.market_title t
      WHERE ${holdsAll(Prisma.sql`t.title`)} LIMIT ${TITLES_READ}::int
    ), popular AS MATERIALIZED (
      SELECT t.market_id, t.group_id, t.title FROM (
        SELECT k.id FROM unnest(${statusesOf(filters)}::market_status[]) AS s(status) CROSS JOIN LATERAL (
          SELECT m.id, m.volume_24h FROM market m WHERE m.status = s.status AND m.parent_id IS NULL AND m.volume_24h IS NOT NULL
          ORDER BY m.volume_24h DESC, m.id DESC LIMIT ${POPULAR_READ}::int
        ) k WHERE (SELECT count(*) FROM held) = ${TITLES_READ}::int ORDER BY k.volume_24h DESC LIMIT ${POPULAR_READ}::int
      ) p CROSS JOIN LATERAL (SELECT * FROM search.market_title WHERE market_id = p.id LIMIT 1) t
      WHERE ${holdsAll(Prisma.sql`t.title`)}
    )${spreadOver(meanings, holdsAll)}, tiered AS (
      SELECT h.group_id, h.market_id, ${tierOf(phrase)} AS tier
      FROM (SELECT * FROM held UNION ALL SELECT * FROM popular UNION ALL SELECT * FROM spread) h
    ), ranked AS (
      SELECT group_id, min(tier) AS tier,
        CASE WHEN NOT bool_or(market_id = group_id) THEN (array_agg(market_id ORDER BY tier, market_id))[1] END AS via
      FROM tiered GROUP BY group_id
    )
    SELECT m.id, r.via FROM ranked r CROSS JOIN LATERAL (
      SELECT id, status, volume_24h, venue, labels, kind, yes_price FROM market WHERE id = r.group_id LIMIT 1
    ) m
    WHERE m.status = ANY(${statusesOf(filters)}::market_status[]) AND ${Prisma.join(conditions, " AND ")}
    ORDER BY r.tier, m.volume_24h DESC NULLS LAST, m.id DESC LIMIT ${limit + 1}::int`);
  return { hits: rows.slice(0, limit), more: rows.length > limit };
}

/** How well a title `h` fits the text as a whole: 0 = it is the text, 4 = it only holds the words. */
function tierOf(phrase: string): Prisma.Sql {
  return Prisma.sql`CASE
    WHEN h.market_id <> h.group_id THEN CASE WHEN h.title LIKE ${`${phrase}%`} THEN 2 ELSE 4 END
    WHEN h.title LIKE ${phrase} THEN 0
    WHEN h.title LIKE ${`${phrase}%`} THEN 1
    WHEN h.title LIKE ${`% ${phrase}%`} THEN 2
    WHEN h.title LIKE ${`%${phrase}%`} THEN 3
    ELSE 4 END`;
}

/** Groups in which an outcome's title and its group's hold the words together; the longest word leads to them. */
function spreadOver(meanings: Meanings, holdsAll: (title: Prisma.Sql) => Prisma.Sql): Prisma.Sql {
  const none = Prisma.sql`, spread AS (SELECT * FROM held WHERE false)`;
  if (meanings.length < 2) return none;
  const [lead] = meanings.toSorted((a, b) => lengthOf(b) - lengthOf(a));
  if (!lead) return none;
  return Prisma.sql`, leads AS MATERIALIZED (
      SELECT t.market_id, t.group_id, t.title FROM search.market_title t
      WHERE ${holds(Prisma.sql`t.title`, lead.words.flatMap(patternsOf))} LIMIT ${TITLES_READ}::int
    ), spread AS MATERIALIZED (
      SELECT c.market_id, c.group_id, c.title FROM (
        SELECT l.market_id, l.group_id, l.title, p.title AS group_title FROM leads l
        CROSS JOIN LATERAL (SELECT title FROM search.market_title WHERE market_id = l.group_id LIMIT 1) p
        WHERE l.market_id <> l.group_id
        UNION ALL
        SELECT o.market_id, l.group_id, o.title, l.title FROM leads l
        CROSS JOIN LATERAL (
          SELECT market_id, title FROM search.market_title WHERE group_id = l.market_id AND market_id <> l.market_id LIMIT 200
        ) o WHERE l.market_id = l.group_id
      ) c WHERE ${holdsAll(Prisma.sql`(c.group_title || ' ' || c.title)`)}
    )`;
}

const lengthOf = ({ words }: Meanings[number]) => words[0]?.length ?? 0;

function holds(title: Prisma.Sql, patterns: string[]): Prisma.Sql {
  const ways = patterns.map((pattern) => Prisma.sql`${title} LIKE ${pattern}`);
  return ways.length === 1 ? (ways[0] as Prisma.Sql) : Prisma.sql`(${Prisma.join(ways, " OR ")})`;
}

/** Takes words that no title holds for mistyped ones; null when there is none, or none that a known word is near to. */
async function correct(db: PrismaClient, typed: Meanings): Promise<Meanings | null> {
  const doubtful = typed.map((word) => word.typed).filter(isCorrectable);
  if (doubtful.length === 0) return null;
  const known = await nearWords(db, doubtful);
  const meant = typed.map((word) => {
    const near = known.get(word.typed);
    const words = near ? meaningsOf(word.typed, near) : [];
    return words.length > 0 ? { typed: word.typed, words } : word;
  });
  return meant.some(({ typed, words }) => words[0] !== typed) ? meant : null;
}

/** Known words with the first or the last letter of a typed one, per typed word that no title holds. */
async function nearWords(db: PrismaClient, typed: string[]): Promise<Map<string, string[]>> {
  const asked = typed.map((word) => ({
    word,
    pattern: `%${likeText(word)}%`,
    shortest: [...word].length - allowedErrors([...word].length),
    longest: [...word].length + allowedErrors([...word].length),
    first: [...word][0],
    last: [...word].at(-1),
  }));
  const rows = await db.$queryRaw<{ typed: string; known: string[] }[]>`
    SELECT a.word AS typed, (
        SELECT coalesce(array_agg(w.word), '{}') FROM search.word w
        WHERE length(w.word) >= a.shortest
          AND (left(w.word, 1) = a.first OR length(w.word) <= a.longest AND right(w.word, 1) = a.last)
      ) AS known
    FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS a(
      word text, pattern text, shortest int, longest int, first text, last text)
    WHERE NOT EXISTS (SELECT FROM search.market_title t WHERE t.title LIKE a.pattern)`;
  return new Map(rows.map(({ typed, known }) => [typed, known]));
}
