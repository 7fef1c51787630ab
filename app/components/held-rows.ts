import { useState } from "react";
import type { Page } from "~/lib/keyset.ts";

/** Fewer rows than this are replaced by the new ones at once: a list that is only filling up has no place to lose. */
const SMALL_LIST = 10;

export type HeldRows<Row> = {
  /** The rows in the order they were first shown, each with its newest values. */
  rows: readonly Row[];
  /** Where the list goes on below these rows. */
  nextCursor: string | null;
  /** How many rows the newest answer has that are not shown. */
  fresh: number;
  /** The newest answer has other rows, or another order, than is shown. */
  changed: boolean;
  /** Shows the newest answer as it is. */
  show(): void;
};

/**
 * Keeps the rows of a list where they are while the page is loaded anew in the background: values change in place, new rows wait for
 * `show()`.
 * @param page the newest answer
 * @param list what the rows are a list of; another value (another filter, another page) starts anew
 */
export function useHeldRows<Row>(
  page: Page<Row>,
  keyOf: (row: Row) => string | number,
  list: string,
): HeldRows<Row> {
  const { data: newest } = page;
  const [held, setHeld] = useState({ list, page });
  const newestByKey = new Map(newest.map((row) => [keyOf(row), row]));
  let shownPage = held.page;
  if (held.list !== list || (shownPage !== page && shownPage.data.length < SMALL_LIST)) {
    shownPage = page;
    setHeld({ list, page });
  }
  const { data: rows, nextCursor } = shownPage;
  const shown = rows.map((row) => newestByKey.get(keyOf(row)) ?? row);
  const keys = new Set(rows.map(keyOf));
  return {
    rows: shown,
    nextCursor,
    fresh: newest.filter((row) => !keys.has(keyOf(row))).length,
    changed: newest.some(
      (row, place) => rows[place] === undefined || keyOf(row) !== keyOf(rows[place]),
    ),
    show: () => setHeld({ list, page }),
  };
}
