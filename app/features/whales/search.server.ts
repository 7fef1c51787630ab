import type { PrismaClient } from "~/generated/prisma/client.ts";
import { LIKE_ENOUGH, likeText, likeWords, SHORTEST_MISTYPED } from "./search-text.ts";

/** A whale as a search finds it. */
export type FoundWhale = { id: number; address: string; label: string | null };

/** An address, its first digits, or as pages shorten it ("0x4d63…967b"). */
const ADDRESS = /^(?:0x)?([0-9a-f]{4,40})(?:(?:…|\.{3})([0-9a-f]{0,40}))?$/;

/**
 * Whales by their address, or its first 4 digits and more (with or without 0x), or its short form, and by their label, typing errors
 * included: exact ones first, then the followed ones, then the last to trade.
 * @param text as typed
 */
export async function searchWhales(
  db: PrismaClient,
  text: string,
  limit: number,
): Promise<FoundWhale[]> {
  const wanted = text.normalize("NFC").replace(/\p{C}/gu, " ").trim().toLowerCase();
  if (wanted === "") return [];
  const isAddress = wanted.startsWith("0x");
  const [, first, last = ""] = ADDRESS.exec(wanted) ?? [];
  const [byAddress, byLabel] = await Promise.all([
    first ? findByAddress(db, { first, last }, limit) : [],
    findByLabel(db, wanted, { typos: !isAddress && wanted.length >= SHORTEST_MISTYPED, limit }),
  ]);
  const found = new Map([...byAddress, ...byLabel].map((whale) => [whale.id, whale]));
  return [...found.values()].slice(0, limit);
}

function findByAddress(
  db: PrismaClient,
  { first, last }: { first: string; last: string },
  limit: number,
): Promise<FoundWhale[]> {
  // Every first digit of an address sorts below "g".
  return db.$queryRaw<FoundWhale[]>`
    SELECT w.id, w.address, w.label FROM whale w
    WHERE w.address COLLATE "C" >= ${`0x${first}`} AND w.address COLLATE "C" < ${`0x${first}g`}
      AND w.address LIKE ${`%${last}`}
    ORDER BY w.followed DESC, w.last_trade_at DESC NULLS LAST, w.id LIMIT ${limit}::int`;
}

function findByLabel(
  db: PrismaClient,
  wanted: string,
  { typos, limit }: { typos: boolean; limit: number },
): Promise<FoundWhale[]> {
  return db.$queryRaw<FoundWhale[]>`
    WITH exact AS MATERIALIZED (
      SELECT w.id, w.address, w.label, w.followed, w.last_trade_at,
        CASE WHEN lower(w.label) LIKE ${`${likeText(wanted)}%`} THEN 2 ELSE 1.5 END AS likeness
      FROM whale w WHERE lower(w.label) LIKE ALL (${likeWords(wanted)})
    ), alike AS (
      SELECT w.id, w.address, w.label, w.followed, w.last_trade_at, word_similarity(${wanted}, lower(w.label)) AS likeness
      FROM whale w WHERE w.label IS NOT NULL AND ${typos} AND NOT EXISTS (SELECT FROM exact)
        AND word_similarity(${wanted}, lower(w.label)) >= ${LIKE_ENOUGH}
    )
    SELECT f.id, f.address, f.label FROM (SELECT * FROM exact UNION ALL SELECT * FROM alike) f
    ORDER BY f.likeness DESC, f.followed DESC, f.last_trade_at DESC NULLS LAST, f.id LIMIT ${limit}::int`;
}
