import fc from "fast-check";
import { expect, test } from "vitest";
import { ERROR_CODES, type ErrorCode } from "~/reliability/errors.ts";
import { fingerprint, messagePattern } from "./fingerprint.ts";

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const OUTAGES = codes.filter((code) =>
  /SERVICE|TIMEOUT|LIMIT|QUOTA|CREDENTIALS|TOKEN|UNAUTH/.test(code),
);

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
    .map((digits) => digits.join(""));

/** What differs from one failure of a kind to the next. */
const variable = fc.oneof(
  hex(40).map((digits) => `0x${digits}`),
  hex(64).map((digits) => `0x${digits}`),
  fc.uuid(),
  fc.nat().map(String),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((number) => number.toFixed(3)),
  fc.date({ noInvalidDate: true }).map((date) => String(date.getTime())),
  fc.webUrl(),
  fc.string({ minLength: 1 }).map((text) => JSON.stringify(text.replaceAll('"', ""))),
);

const words = fc.constantFrom(
  "the page",
  "of the market",
  "is not valid",
  "could not be read",
  "for wallet",
);

const action = fc.constantFrom("sync-markets", "sync-whale", "cleanup");

test("what differs from one failure to the next does not make another group", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(words, variable, variable), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...codes),
      action,
      (parts, code, job) => {
        const one = parts.map(([word, value]) => `${word} ${value}`).join(" ");
        const other = parts.map(([word, _, value]) => `${word} ${value}`).join(" ");
        const common = { code, action: job, venue: null };
        expect(fingerprint({ ...common, message: one })).toBe(
          fingerprint({ ...common, message: other }),
        );
      },
    ),
  );
});

test("an outage of a venue is one group over all jobs and messages; other failures are not", () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.string(), fc.string(), (code, one, other) => {
      const prints = [
        fingerprint({ code, action: "sync-markets", venue: "opinion", message: one }),
        fingerprint({ code, action: "sync-whale", venue: "opinion", message: other }),
      ];
      expect(new Set(prints).size).toBe(OUTAGES.includes(code) ? 1 : 2);
    }),
  );
});

test("another code, venue, job or sentence is another group", () => {
  const failure = {
    code: "SERVICE_UNAVAILABLE",
    action: "sync-markets",
    venue: "opinion",
    message: "answered 503",
  } as const;
  const others = [
    { ...failure, code: "TIMEOUT" as const },
    { ...failure, venue: "polymarket" },
    { ...failure, venue: null },
    { ...failure, venue: null, action: "sync-whale" },
    { ...failure, venue: null, message: "closed the connection" },
  ];
  const prints = [failure, ...others].map(fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
  for (const print of prints) expect(print).toMatch(/^[0-9a-f]{16}$/);
});

test("words stay, also those that could be hexadecimal", () => {
  expect(messagePattern("The facade of 12 decades, 0xabc: effaced 3 times")).toBe(
    "The facade of … decades, …: effaced … times",
  );
  expect(messagePattern("Run 01ARZ3NDEKTSV4RRFFQ69G5FAV of 2026-01-31T12:00:00.000Z failed")).toBe(
    messagePattern("Run 01BX5ZZKBKACTAV9WEVGEMMVRZ of 2027-11-01T02:10:09.123Z failed"),
  );
});
