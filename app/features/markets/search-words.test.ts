import fc from "fast-check";
import { expect, test } from "vitest";
import { meaningsOf, patternsOf, searchTermsOf, typingErrors } from "./search-words.ts";

test.each([
  ["Bitcoin  above", ["bitcoin", "above"]],
  ["  (Trump)? ", ["trump"]],
  ["$100k by U.S.", ["100k", "by", "u.s"]],
  ["Fed fed FED", ["fed"]],
  ["covid-19 o'neal", ["covid-19", "o'neal"]],
  ["Élysée ПУТИН 比特币", ["élysée", "путин", "比特币"]],
  ["🚀", ["🚀"]],
  ["%", ["%"]],
  ["nul\u0000byte", ["nul", "byte"]],
  ["a b c d e f g h i j", ["a", "b", "c", "d", "e", "f", "g", "h"]],
])("%j is a search for %j", (text, words) => {
  expect(searchTermsOf(text)?.words).toEqual(words);
});

test("blanks and control characters are no search", () => {
  expect(searchTermsOf(" \t\n\u0000 ")).toBeNull();
});

test("wildcards stand for themselves, and one apostrophe for another", () => {
  expect(patternsOf("50%_\\")).toEqual(["%50\\%\\_\\\\%"]);
  expect(patternsOf("o’neal")).toEqual(["%o_neal%"]);
});

test("one or two letters are looked for at the start of words", () => {
  expect(patternsOf("ab")).toEqual(["ab%", "% ab%", "%-ab%", "%$ab%", "%(ab%"]);
});

const word = fc.string({ unit: fc.constantFrom(..."abcde"), minLength: 1, maxLength: 12 });

test("any text gives words that are searched for, or none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
      const terms = searchTermsOf(text);
      if (terms === null) return;
      expect(terms.words.length).toBeGreaterThan(0);
      expect(terms.words.length).toBeLessThanOrEqual(8);
      expect(terms.words.every((found) => found !== "" && !/\s/.test(found))).toBe(true);
    }),
  );
});

test("a word has no errors against itself, and as many either way round", () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(typingErrors(a, a, 2)).toBe(0);
      expect(typingErrors(a, b, 2)).toBe(typingErrors(b, a, 2));
    }),
  );
});

/** One typing error of every kind at a place. */
function mistypings(right: string, place: number): string[] {
  const [before, letter, after] = [
    right.slice(0, place),
    right[place] ?? "",
    right.slice(place + 1),
  ];
  return [
    before + after,
    `${before}x${after}`,
    `${before}x${letter}${after}`,
    before + (after[0] ?? "") + letter + after.slice(1),
  ];
}

test("a letter too many, missing, wrong, or swapped with its neighbour is one error at most", () => {
  fc.assert(
    fc.property(word, fc.nat(11), (right, at) => {
      for (const typed of mistypings(right, at % right.length)) {
        expect(typingErrors(typed, right, 1)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test.each([
  ["bitcion", ["bitcoin"]],
  ["trmup", ["trump"]],
  ["etherium", ["ethereum"]],
  ["repulbican", ["republican"]],
  ["inflatoin", ["inflation"]],
  ["bitcio", ["bitcoin"]],
  ["zzzzzz", []],
])("%s is taken for %j", (typed, meant) => {
  const known = ["bitcoin", "bitter", "trump", "tramp", "ethereum", "republican", "inflation"];
  expect(meaningsOf(typed, known)).toEqual(meant);
});
