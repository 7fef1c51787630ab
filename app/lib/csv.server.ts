import papaparse from "papaparse";
import { formatCount } from "./format.ts";
import type { Page } from "./keyset.ts";

/** Rows read and written at a time: all that is held in memory. */
const BATCH = 500;

/** Rows of a file at most: a spreadsheet opens 1,048,576. */
const ROWS_AT_MOST = 1_000_000;

/**
 * Columns of a file by name, in their order. Null and undefined are an empty field, a list is joined by "; ", an object is its JSON.
 */
export type CsvColumns<Row> = Record<string, (row: Row) => unknown>;

/** A list as a file. `read` gives the rows after a place, as for a page of it. */
type CsvList<Row> = {
  /** First part of the file's name: "trades". */
  name: string;
  columns: CsvColumns<Row>;
  read: (place: { cursor?: string; limit: number }) => Promise<Page<Row>>;
};

/** Texts that a spreadsheet would run as a formula get a ' in front; plain numbers, negative ones too, stay as they are. */
const FORMULA = /^(?!-?\d+(\.\d+)?$)[=+\-@\t\r]/;

/**
 * All rows of a list as a CSV file (RFC 4180, UTF-8, a header row) in the list's order, read in batches as fast as the reader takes
 * them. A file that ends after `rowsAtMost` rows says so in a last line; the header X-Row-Limit names that number.
 * @param now epoch milliseconds; the file is named by that day (UTC)
 * @throws what the first batch throws; when a later one fails the answer breaks off, so that it is not taken for whole
 */
export async function csvResponse<Row>(
  list: CsvList<Row>,
  { now, rowsAtMost = ROWS_AT_MOST }: { now: number; rowsAtMost?: number },
): Promise<Response> {
  const first = await list.read({ limit: Math.min(BATCH, rowsAtMost) });
  const day = new Date(now).toISOString().slice(0, 10);
  return new Response(streamOf(linesOf(list, first, rowsAtMost)), {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${list.name}-${day}.csv"`,
      // As it is: the server's compression keeps a listener for every batch of a long file.
      "cache-control": "no-store, no-transform",
      "x-row-limit": String(rowsAtMost),
    },
  });
}

function streamOf(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await texts.return(undefined);
      },
    },
    // Nothing is read for a reader that does not come, as of a HEAD request.
    { highWaterMark: 0 },
  );
}

/** The texts of a file; none is empty. */
async function* linesOf<Row>(
  { columns, read }: CsvList<Row>,
  first: Page<Row>,
  rowsAtMost: number,
): AsyncGenerator<string, void, undefined> {
  const names = Object.keys(columns);
  const fieldsOf = Object.values(columns);
  let page = first;
  let written = page.data.length;
  yield csvOf([names]);
  if (written > 0) yield csvOf(page.data.map((row) => fieldsOf.map((field) => field(row))));
  while (page.nextCursor !== null && written < rowsAtMost) {
    page = await read({ cursor: page.nextCursor, limit: Math.min(BATCH, rowsAtMost - written) });
    written += page.data.length;
    if (page.data.length > 0) {
      yield csvOf(page.data.map((row) => fieldsOf.map((field) => field(row))));
    }
  }
  if (page.nextCursor !== null) {
    const end = `Cut off after ${formatCount(rowsAtMost)} rows: there are more, which narrower filters reach.`;
    yield csvOf([[end, ...names.slice(1).map(() => null)]]);
  }
}

function csvOf(rows: readonly (readonly unknown[])[]): string {
  const texts = rows.map((row) => row.map(textOf));
  return `${papaparse.unparse(texts, { newline: "\r\n", escapeFormulae: FORMULA })}\r\n`;
}

function textOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.join("; ");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
