import Papa from "papaparse";
import { problemsOf } from "~/lib/api-errors.ts";
import { type FollowInput, followInput } from "./follow-input.ts";

/** Largest list, in bytes of UTF-8, and most wallets in it. */
export const IMPORT_LIMITS = { bytes: 1024 * 1024, rows: 5_000 };

/** A wallet of the list, in the order of the list. `line` counts from 1, as an editor shows it. */
export type ImportRow = { line: number } & FollowInput;

/** A line that is left out, and why. */
export type ImportProblem = { line: number; text: string; message: string };

export type ParsedImport = {
  rows: ImportRow[];
  problems: ImportProblem[];
  /** Why nothing of the list can be used; null otherwise. */
  refused: string | null;
};

const HEADINGS: Record<string, keyof FollowInput> = {
  address: "address",
  wallet: "address",
  "wallet address": "address",
  account: "address",
  label: "label",
  name: "label",
  venue: "venue",
};

type Columns = Partial<Record<keyof FollowInput, number>>;

/**
 * Reads a list of wallets: one a line, `address[,label[,venue]]`, or any order of columns below a heading line. Fields are separated by
 * comma, semicolon, tab or bar and may be quoted. Wallets that stand twice count once.
 * @param venues ids of the venues a wallet may belong to; one without a venue belongs to the first
 */
export function parseImport(text: string, venues: readonly string[]): ParsedImport {
  if (new TextEncoder().encode(text).length > IMPORT_LIMITS.bytes) {
    return refuse("The list is larger than 1 MB. Split it and import the parts one after another.");
  }
  const [first, ...others] = linesOf(text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n"));
  if (!first) return refuse("The list is empty: give one wallet address a line.");
  const columns = columnsOf(first.cells);
  const lines = columns ? others : [first, ...others];
  if (lines.length === 0) return refuse("The list has a heading and no wallet below it.");
  if (lines.length > IMPORT_LIMITS.rows) {
    return refuse(
      `The list has ${lines.length} rows; at most ${IMPORT_LIMITS.rows} can be imported at once. Split it.`,
    );
  }
  return rowsOf(lines, columns ?? { address: 0, label: 1, venue: 2 }, venues);
}

function refuse(refused: string): ParsedImport {
  return { rows: [], problems: [], refused };
}

type Line = { line: number; cells: string[]; broken: string | null };

/** The lines that have anything on them. */
function linesOf(text: string): Line[] {
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter: separatorOf(text),
    newline: "\n",
    fastMode: false,
  });
  const broken = new Map(errors.map((error) => [error.row, error]));
  let next = 1;
  const lines = data.map((cells, place) => {
    const line = next;
    // A quoted field may go on over several lines.
    next += 1 + cells.reduce((sum, cell) => sum + cell.split("\n").length - 1, 0);
    const quotes = broken.get(place)?.type === "Quotes";
    return { line, cells, broken: quotes ? "a quotation mark is not closed or not doubled" : null };
  });
  return lines.filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
}

/** What separates the fields: the character after the first address, or the first of those in the heading line. */
function separatorOf(text: string): string {
  const afterAddress = /^[^\S\n]*"?[^\S\n]*0x[0-9a-f]{40}[^\S\n\t]*"?[^\S\n\t]*([,;\t|])/im.exec(
    text,
  );
  return (afterAddress ?? /([,;\t|])/.exec(text.trimStart().split("\n", 1)[0] ?? ""))?.[1] ?? ",";
}

/** Where each field stands, by a heading line; null when this line is none. */
function columnsOf(cells: string[]): Columns | null {
  const columns: Columns = {};
  cells.forEach((cell, place) => {
    const field = HEADINGS[cell.trim().toLowerCase().replaceAll("_", " ")];
    if (field !== undefined) columns[field] ??= place;
  });
  return columns.address === undefined ? null : columns;
}

function rowsOf(lines: Line[], columns: Columns, venues: readonly string[]): ParsedImport {
  const rows: ImportRow[] = [];
  const problems: ImportProblem[] = [];
  const lineOf = new Map<string, number>();
  for (const { line, cells, broken } of lines) {
    const at = (field: keyof FollowInput) => cells[columns[field] ?? -1]?.trim() ?? "";
    const venue = at("venue").toLowerCase() || venues[0];
    const parsed = followInput.safeParse({ venue, address: at("address"), label: at("label") });
    const key = parsed.success ? `${parsed.data.venue} ${parsed.data.address}` : "";
    const message =
      broken ??
      (parsed.success ? null : problemsOf(parsed.error)) ??
      (venues.includes(venue ?? "") ? null : `venue: must be one of ${venues.join(", ")}`) ??
      (lineOf.has(key) ? `the same wallet as on line ${lineOf.get(key)}, which counts` : null);
    if (message !== null || !parsed.success) {
      problems.push({ line, text: cells.join(", ").slice(0, 120), message: message ?? "" });
    } else {
      lineOf.set(key, line);
      rows.push({ line, ...parsed.data });
    }
  }
  return { rows, problems, refused: null };
}
