import type { DemoVenue } from "../../demo/server.ts";
import { type ComparableTrade, tradeLine, truthLines } from "../trade-line.ts";

export type Difference = { missing: string[]; extra: string[]; duplicates: number; rows: number };

/** Holds every row of the app's JSON API against what the venue says a reader must have, field by field. */
export async function compareWithTruth(appUrl: string, venue: DemoVenue): Promise<Difference> {
  const archive = await readArchive(appUrl);
  const kept = new Set(archive);
  const truth = truthLines(venue.world.trades().list);
  return {
    missing: [...truth].filter((row) => !kept.has(row)),
    extra: [...kept].filter((row) => !truth.has(row)),
    duplicates: archive.length - kept.size,
    rows: truth.size,
  };
}

async function readArchive(appUrl: string): Promise<string[]> {
  const rows: string[] = [];
  let cursor: string | null = null;
  do {
    const url = new URL("/api/v1/trades?limit=500", appUrl);
    if (cursor) url.searchParams.set("cursor", cursor);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const page = (await response.json()) as { data: ComparableTrade[]; nextCursor: string | null };
    rows.push(...page.data.map(tradeLine));
    cursor = page.nextCursor;
  } while (cursor);
  return rows;
}
