import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import type { Clock } from "~/lib/clock.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { announce } from "~/lib/live.server.ts";
import type { ImportProblem, ImportRow, ParsedImport } from "./import.ts";

/** Wallets per statement: one statement holds the embedded database for some tens of milliseconds. */
const IMPORT_BATCH = 500;

/** What an import would do with a wallet. */
export type ImportEffect = ImportRow & {
  id: number | null;
  effect: "new" | "refollow" | "followed";
  /** The label the wallet has, where the list gives another; null = it keeps or gets its only one. */
  oldLabel: string | null;
  /** It has no label and gets that of the list. */
  labelled: boolean;
};

/** The lines that a preview shows of each kind; it counts all of them. */
const SHOWN = 100;

export type ImportPreview = {
  counts: Record<"new" | "refollow" | "followed" | "labelled" | "relabel" | "problems", number>;
  /** The first of the wallets, those that would change before those that would not. */
  wallets: ImportEffect[];
  problems: ImportProblem[];
};

export type ImportCounts = {
  created: number;
  refollowed: number;
  relabelled: number;
  unchanged: number;
};

/** Says what an import would do; stores nothing. */
export async function previewImport(
  db: PrismaClient,
  { rows, problems }: ParsedImport,
): Promise<ImportPreview> {
  const wallets = await effectsOf(db, rows);
  const count = (effect: ImportEffect["effect"]) =>
    wallets.filter((wallet) => wallet.effect === effect).length;
  const changes = (wallet: ImportEffect) =>
    wallet.effect !== "followed" || wallet.oldLabel !== null;
  return {
    counts: {
      new: count("new"),
      refollow: count("refollow"),
      followed: count("followed"),
      labelled: wallets.filter(({ labelled }) => labelled).length,
      relabel: wallets.filter(({ oldLabel }) => oldLabel !== null).length,
      problems: problems.length,
    },
    wallets: [...wallets.filter(changes), ...wallets.filter((wallet) => !changes(wallet))].slice(
      0,
      SHOWN,
    ),
    problems: problems.slice(0, SHOWN),
  };
}

async function effectsOf(db: PrismaClient, rows: readonly ImportRow[]): Promise<ImportEffect[]> {
  type Known = { place: number; id: number; followed: boolean; label: string | null };
  const wallets = rows.map(({ venue, address }, place) => ({ venue, address, place }));
  const known = await db.$queryRaw<Known[]>`
    SELECT r.place, w.id, w.followed, w.label
    FROM jsonb_to_recordset(${toJsonb(wallets)}::jsonb) AS r(venue text, address text, place int)
    CROSS JOIN LATERAL (
      SELECT id, followed, label FROM whale w WHERE w.venue = r.venue AND w.address = r.address LIMIT 1) w`;
  const byPlace = new Map(known.map((whale) => [whale.place, whale]));
  return rows.map((row, place) => {
    const whale = byPlace.get(place);
    const differs = whale?.label != null && row.label !== undefined && whale.label !== row.label;
    return {
      ...row,
      id: whale?.id ?? null,
      effect: whale ? (whale.followed ? "followed" : "refollow") : "new",
      oldLabel: differs ? whale.label : null,
      labelled: whale !== undefined && whale.label === null && row.label !== undefined,
    };
  });
}

/**
 * Follows the wallets of a list and gives them its labels. Doing it again changes nothing; an import that broke off goes on where it was.
 * @param relabel a label of the list replaces the one a wallet has; otherwise it only fills a missing one
 */
export async function importWhales(
  services: { db: PrismaClient; clock: Clock },
  rows: readonly ImportRow[],
  { relabel }: { relabel: boolean },
): Promise<ImportCounts> {
  const total: ImportCounts = { created: 0, refollowed: 0, relabelled: 0, unchanged: 0 };
  for (let start = 0; start < rows.length; start += IMPORT_BATCH) {
    const counts = await importBatch(services, rows.slice(start, start + IMPORT_BATCH), relabel);
    total.created += counts.created;
    total.refollowed += counts.refollowed;
    total.relabelled += counts.relabelled;
    total.unchanged += counts.unchanged;
  }
  return total;
}

async function importBatch(
  { db, clock }: { db: PrismaClient; clock: Clock },
  rows: readonly ImportRow[],
  relabel: boolean,
): Promise<ImportCounts> {
  const now = new Date(clock.now()).toISOString();
  // A wallet that was followed before may wait for a read that is hours away: it is due at once.
  const [counts] = await db.$queryRaw<ImportCounts[]>`
    WITH input AS (
      SELECT venue, address, label FROM jsonb_to_recordset(${toJsonb(rows)}::jsonb)
        AS r(venue text, address text, label text)
    ), before AS (
      SELECT w.venue, w.address, w.followed, w.label FROM input i CROSS JOIN LATERAL (
        SELECT * FROM whale w WHERE w.venue = i.venue AND w.address = i.address LIMIT 1) w
    ), written AS (
      INSERT INTO whale AS w (venue, address, label, source, followed, followed_at, created_at)
      SELECT venue, address, label, 'imported', true, ${now}::timestamptz, ${now}::timestamptz
      FROM input ORDER BY venue, address
      ON CONFLICT (venue, address) DO UPDATE SET
        followed = true,
        followed_at = CASE WHEN w.followed THEN w.followed_at ELSE excluded.followed_at END,
        label = CASE WHEN ${relabel}::boolean THEN coalesce(excluded.label, w.label) ELSE coalesce(w.label, excluded.label) END
      WHERE NOT w.followed OR (w.label IS NULL AND excluded.label IS NOT NULL)
        OR (${relabel}::boolean AND excluded.label <> w.label)
      RETURNING venue, address, label, (xmax = 0) AS fresh
    ), due AS (
      UPDATE stream_state s SET next_due_at = ${now}::timestamptz FROM before b
      WHERE NOT b.followed AND s.venue = b.venue AND s.kind = 'trades' AND s.wallet = b.address
        AND s.next_due_at > ${now}::timestamptz
    )
    SELECT count(*) FILTER (WHERE w.fresh)::int AS created,
      count(*) FILTER (WHERE NOT w.fresh AND NOT b.followed)::int AS refollowed,
      count(*) FILTER (WHERE NOT w.fresh AND w.label IS DISTINCT FROM b.label)::int AS relabelled,
      ((SELECT count(*) FROM input) - count(*))::int AS unchanged,
      ${announce("whales", Prisma.sql`count(*) > 0`)} AS announced
    FROM written w LEFT JOIN before b USING (venue, address)`;
  return counts ?? { created: 0, refollowed: 0, relabelled: 0, unchanged: 0 };
}
