import fc from "fast-check";
import Papa from "papaparse";
import { expect, test } from "vitest";
import { addressOf } from "../../../tests/api/seed.ts";
import { decodeList } from "./decode-list.ts";
import { IMPORT_LIMITS, parseImport } from "./import.ts";

const VENUES = ["opinion", "polymarket"];
const [A, B, C] = [addressOf(0xa), addressOf(0xb), addressOf(0xc)];

/** Each wallet as "line venue address-end label". */
function walletsOf(text: string): string[] {
  const { rows, refused } = parseImport(text, VENUES);
  expect(refused).toBeNull();
  return rows.map(({ line, venue, address, label }) =>
    [line, venue, address.slice(-1), label].filter((part) => part !== undefined).join(" "),
  );
}

const problemsOf = (text: string) =>
  parseImport(text, VENUES).problems.map(({ line, message }) => `${line}: ${message}`);

test.each([
  ["a plain list", `${A}\n${B}\n`, ["1 opinion a", "2 opinion b"]],
  ["labels and venues", `${A},One\n${B},,polymarket`, ["1 opinion a One", "2 polymarket b"]],
  ["a heading", `address,label\n${A},One`, ["2 opinion a One"]],
  ["columns in another order", `Name;Venue;Wallet\nOne;Polymarket;${A}`, ["2 polymarket a One"]],
  ["columns it does not know", `rank,wallet,pnl,label\n1,${A},9,One`, ["2 opinion a One"]],
  [
    "semicolons beside commas",
    `${A};Smith, J.\n${B};Doe`,
    ["1 opinion a Smith, J.", "2 opinion b Doe"],
  ],
  ["tabs", `${A}\tOne\n${B}\tTwo`, ["1 opinion a One", "2 opinion b Two"]],
  [
    "a byte order mark, Windows line ends",
    `\uFEFFaddress,label\r\n${A},One\r\n`,
    ["2 opinion a One"],
  ],
  ["old line ends", `${A}\r${B}`, ["1 opinion a", "2 opinion b"]],
  ["quotes", `"${A}","Smith, ""J."""\n"${B}"`, ['1 opinion a Smith, "J."', "2 opinion b"]],
  ["blank lines and spaces", `\n\n  ${A} ,  One \n\n\t\n${B}`, ["3 opinion a One", "6 opinion b"]],
  ["capitals", `0x${A.slice(2).toUpperCase()}\n`, ["1 opinion a"]],
])("%s is understood", (_, text, wallets) => {
  expect(walletsOf(text)).toEqual(wallets);
  expect(problemsOf(text)).toEqual([]);
});

test("every line that cannot be used says where it is and why; the others count", () => {
  const text = [
    "address,label,venue",
    `${A},One`,
    "0x12,Short",
    `${B},${"x".repeat(81)}`,
    `${B},Two,elsewhere`,
    `${A.toUpperCase().replace("X", "x")},Again`,
    `${A},Same wallet elsewhere,polymarket`,
    `${C},"a label`,
    'over two lines"',
    "vitalik.eth",
  ].join("\n");
  expect(walletsOf(text)).toEqual(["2 opinion a One", "7 polymarket a Same wallet elsewhere"]);
  expect(problemsOf(text)).toEqual([
    "3: address: must be a wallet address: 0x and 40 hexadecimal digits",
    "4: label: must have at most 80 characters",
    "5: venue: must be one of opinion, polymarket",
    "6: the same wallet as on line 2, which counts",
    "8: label: must not contain control characters",
    "10: address: must be a wallet address: 0x and 40 hexadecimal digits",
  ]);
});

test("a label that is itself a separator does not pass for the one of the list", () => {
  expect(walletsOf(`${A}\t|\n${B}\tTwo`)).toEqual(["1 opinion a |", "2 opinion b Two"]);
});

test("a quotation mark that is never closed is named, and what stands before it counts", () => {
  const text = `${A},One\n${B},"Two\n${C},Three`;
  expect(walletsOf(text)).toEqual(["1 opinion a One"]);
  expect(problemsOf(text)).toEqual(["2: a quotation mark is not closed or not doubled"]);
});

test("nothing, a heading alone and what is too much are refused as a whole", () => {
  const refusal = (text: string) => parseImport(text, VENUES).refused;
  for (const empty of ["", " \n\r\n\t", "\uFEFF", ",,\n"])
    expect(refusal(empty)).toContain("empty");
  expect(refusal("address,label\n")).toContain("no wallet below");
  const rows = (count: number) => Array.from({ length: count }, (_, n) => addressOf(n)).join("\n");
  expect(refusal(rows(IMPORT_LIMITS.rows))).toBeNull();
  expect(refusal(`address\n${rows(IMPORT_LIMITS.rows)}`)).toBeNull();
  expect(refusal(rows(IMPORT_LIMITS.rows + 1))).toContain("5001 rows; at most 5000");
  expect(refusal("é".repeat(IMPORT_LIMITS.bytes / 2 + 1))).toContain("larger than 1 MB");
});

const label = fc
  .string({ unit: "grapheme", maxLength: 40 })
  .map((text) => text.replace(/\p{Cc}/gu, "").trim())
  .filter((text) => text.length <= 80);
const wallet = fc.record({
  address: fc.nat({ max: 200 }).map(addressOf),
  label,
  venue: fc.constantFrom("", ...VENUES),
});

test("any list that a spreadsheet writes is read back: every wallet once, the first of equal ones", () => {
  fc.assert(
    fc.property(
      fc.array(wallet, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(",", ";", "\t", "|"),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      fc.boolean(),
      (wallets, delimiter, newline, header, quotes) => {
        const text = Papa.unparse(wallets, {
          delimiter,
          newline,
          header,
          quotes,
          columns: ["address", "label", "venue"],
        });
        const { rows, problems, refused } = parseImport(text, VENUES);
        const first = new Map<string, (typeof wallets)[number]>();
        for (const row of wallets) {
          const key = `${row.venue || "opinion"} ${row.address}`;
          if (!first.has(key)) first.set(key, row);
        }
        expect(refused).toBeNull();
        expect(
          rows.map(({ venue, address, label }) => ({ venue, address, label: label ?? "" })),
        ).toEqual([...first.values()].map((row) => ({ ...row, venue: row.venue || "opinion" })));
        expect(rows.length + problems.length).toBe(wallets.length);
        const lines = [...rows, ...problems].map(({ line }) => line).toSorted((a, b) => a - b);
        expect(lines).toEqual(wallets.map((_, place) => place + (header ? 2 : 1)));
      },
    ),
  );
});

test("whatever is pasted, it is refused or every line is either a valid wallet or a named problem", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      A,
      B,
      ",",
      ";",
      '"',
      "\n",
      "\r\n",
      "\t",
      "address",
      "label",
      " ",
      "0x",
      "\uFEFF",
    ),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { rows, problems, refused } = parseImport(pieces.join(""), VENUES);
      if (refused !== null) expect(rows).toEqual([]);
      for (const row of rows) {
        expect(row.address).toMatch(/^0x[0-9a-f]{40}$/);
        expect(VENUES).toContain(row.venue);
      }
      for (const { message } of problems) expect(message).not.toBe("");
      const keys = rows.map(({ venue, address }) => venue + address);
      expect(new Set(keys).size).toBe(keys.length);
    }),
    { numRuns: 500 },
  );
});

test("a file is decoded as it says it is written", () => {
  const utf16 = Uint8Array.from([0xff, 0xfe, 0x30, 0x00, 0x78, 0x00]);
  expect(decodeList(utf16)).toBe("0x");
  expect(decodeList(Uint8Array.from([0xfe, 0xff, 0x00, 0x30, 0x00, 0x78]))).toBe("0x");
  expect(decodeList(new TextEncoder().encode("\uFEFFé"))).toBe("é");
});
