import fc from "fast-check";
import papaparse from "papaparse";
import { expect, test } from "vitest";
import { type CsvColumns, csvResponse } from "./csv.server.ts";

const NOW = Date.parse("2026-03-01T23:59:59.999Z");

/** A list of the numbers from 0 on, whose cursors are the numbers to go on with. */
function numbers(count: number, asked: number[] = []) {
  return async ({ cursor, limit }: { cursor?: string; limit: number }) => {
    const from = Number(cursor ?? 0);
    asked.push(from);
    const data = Array.from({ length: Math.min(limit, count - from) }, (_, place) => from + place);
    const end = from + data.length;
    return { data, nextCursor: end < count ? String(end) : null };
  };
}

const columns = { number: (n) => n, square: (n) => n * n } satisfies CsvColumns<number>;

async function fileOf<Row>(columns: CsvColumns<Row>, rows: Row[]): Promise<string[][]> {
  const read = async () => ({ data: rows, nextCursor: null });
  const response = await csvResponse({ name: "list", columns, read }, { now: NOW });
  const parsed = papaparse.parse<string[]>((await response.text()).replace(/\r\n$/, ""));
  expect(parsed.errors).toEqual([]);
  return parsed.data;
}

test.each([0, 1, 499, 500, 501, 1_700])("%i rows stand in the file, each once", async (count) => {
  const list = { name: "list", columns, read: numbers(count) };
  const response = await csvResponse(list, { now: NOW });
  const lines = (await response.text()).split("\r\n");
  expect(lines[0]).toBe("number,square");
  expect(lines.slice(1, -1)).toEqual(Array.from({ length: count }, (_, n) => `${n},${n * n}`));
  expect(lines.at(-1)).toBe("");
  expect(response.headers.get("content-disposition")).toBe(
    'attachment; filename="list-2026-03-01.csv"',
  );
});

test.each([
  [1_200, true],
  [700, true],
  [600, false],
  [599, false],
])(
  "of %i rows at most 600 are written, and the last line says that there are more: %s",
  async (count, cut) => {
    const list = { name: "list", columns, read: numbers(count) };
    const response = await csvResponse(list, { now: NOW, rowsAtMost: 600 });
    expect(response.headers.get("x-row-limit")).toBe("600");
    const { data, errors } = papaparse.parse<string[]>(await response.text(), {
      skipEmptyLines: true,
    });
    expect(errors).toEqual([]);
    expect(data.every((fields) => fields.length === 2)).toBe(true);
    const last = data.at(-1)?.[0] ?? "";
    expect(last.startsWith("Cut off after 600 rows")).toBe(cut);
    expect(data).toHaveLength(1 + Math.min(count, 600) + (cut ? 1 : 0));
  },
);

test("a reader that goes away stops the reading, and one that never comes costs one batch", async () => {
  const asked: number[] = [];
  const list = { name: "list", columns, read: numbers(100_000, asked) };
  const { body } = await csvResponse(list, { now: NOW });
  expect(asked).toEqual([0]);
  const reader = body?.getReader();
  for (let part = 0; part < 4; part++) await reader?.read();
  await reader?.cancel();
  expect(asked).toEqual([0, 500, 1000]);
});

test("a list that cannot be read is an error, not a file; one that fails later breaks off", async () => {
  const failing = (good: number) => async (place: { cursor?: string; limit: number }) => {
    if (Number(place.cursor ?? 0) >= good) throw new Error("no database");
    return numbers(2_000)(place);
  };
  const fileWith = (good: number) =>
    csvResponse({ name: "list", columns, read: failing(good) }, { now: NOW });
  await expect(fileWith(0)).rejects.toThrow("no database");
  const response = await fileWith(1_000);
  await expect(response.text()).rejects.toThrow("no database");
});

test("any texts come back from the file as they were, and none is a formula", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[=+\-@\t\r].*$/)), {
        minLength: 1,
      }),
      async (rows) => {
        const columns = { a: (row: string[]) => row[0], b: (row: string[]) => row[1] };
        const [, ...read] = await fileOf<string[]>(columns, rows);
        for (const [place, [a = "", b = ""]] of read.entries()) {
          for (const [field, text] of [a, b].entries()) {
            const stored = rows[place]?.[field];
            expect([stored, `'${stored}`]).toContain(text);
            if (/^[=+\-@\t\r]/.test(text)) expect(text).toMatch(/^-\d+(\.\d+)?$/);
          }
        }
      },
    ),
  );
});

test("what is unknown is an empty field, lists are joined, objects are JSON, numbers exact", async () => {
  const row = {
    unknown: null,
    labels: ["Crypto", "Sports, all"],
    payload: { price: "?", "=x": [1] },
    loss: "-0.000000000000000001",
    yes: false,
    zero: 0,
  };
  const columns = Object.fromEntries(
    Object.keys(row).map((name) => [name, (value: typeof row) => value[name as keyof typeof row]]),
  );
  expect((await fileOf(columns, [row]))[1]).toEqual([
    "",
    "Crypto; Sports, all",
    '{"price":"?","=x":[1]}',
    "-0.000000000000000001",
    "false",
    "0",
  ]);
});
