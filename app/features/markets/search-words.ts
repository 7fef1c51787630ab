/** Longest text that is searched for, in characters. */
export const LONGEST_QUERY = 100;

/** Words beyond these are not looked at. */
const MOST_WORDS = 8;

/** Below three letters a word is looked for at the start of words only: anywhere inside them it would be everywhere. */
const SHORT = 3;

/** What a title is searched for. */
export type SearchTerms = {
  /** The words in lower case, each once, in the order given; never empty. */
  words: string[];
  /** The words as one text. */
  phrase: string;
};

/**
 * Takes a typed text apart: any order and any punctuation around the words will do. A text that is all punctuation or symbols is
 * looked for as it stands.
 * @returns null when there is nothing to search for
 */
export function searchTermsOf(text: string): SearchTerms | null {
  const plain = text
    .normalize("NFC")
    .replace(/\p{C}/gu, (sign) => (sign === "\u200d" ? sign : " "))
    .toLowerCase();
  const tokens = plain.split(/\s+/).filter((token) => token !== "");
  const words = tokens.map(withoutPunctuation).filter((token) => token !== "");
  const wanted = words.length > 0 ? words : tokens;
  if (wanted.length === 0) return null;
  return { words: [...new Set(wanted)].slice(0, MOST_WORDS), phrase: wanted.join(" ") };
}

function withoutPunctuation(token: string): string {
  return token.replace(/^[^\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+$/gu, "");
}

/** LIKE patterns of which one must fit a title (in lower case) for it to hold the word. */
export function patternsOf(word: string): string[] {
  const text = likeText(word);
  if ([...word].length >= SHORT || !/^[a-z0-9]+$/.test(word)) return [`%${text}%`];
  return [`${text}%`, ...[" ", "-", "$", "("].map((before) => `%${before}${text}%`)];
}

/** A text inside a LIKE pattern: wildcards stand for themselves, and one kind of apostrophe for every other. */
export function likeText(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&").replace(/['’‘`´]/g, "_");
}

/** Whether a word is one that a typing error is looked for in: long enough to tell, and no number. */
export function isCorrectable(word: string): boolean {
  return [...word].length >= 4 && /^\p{L}+$/u.test(word);
}

/** How many typing errors a word of some length may hold: one, from eight letters on two. */
export function allowedErrors(length: number): number {
  return length >= 8 ? 2 : 1;
}

/** At most this many meanings of a mistyped word are searched for. */
const MOST_MEANINGS = 3;

/**
 * Known words that a mistyped one may have meant, the nearest first; those that only begin like it (it is still being typed) count
 * where no whole word is near.
 */
export function meaningsOf(typed: string, known: readonly string[]): string[] {
  const letters = [...typed].length;
  const most = allowedErrors(letters);
  const nearest = (compared: (word: string) => string) =>
    known
      .map((word) => ({ word, errors: typingErrors(typed, compared(word), most) }))
      .filter(({ errors }) => errors <= most)
      .sort((a, b) => a.errors - b.errors || (a.word < b.word ? -1 : 1));
  const whole = nearest((word) => word);
  const found = whole.length > 0 ? whole : nearest((word) => [...word].slice(0, letters).join(""));
  return found
    .filter(({ errors }) => errors === found[0]?.errors)
    .slice(0, MOST_MEANINGS)
    .map(({ word }) => word);
}

/**
 * The number of typing errors (a letter too many, missing, wrong, or two neighbours swapped) between two words; anything above `most`
 * is given as `most + 1`.
 */
export function typingErrors(a: string, b: string, most: number): number {
  const from = [...a];
  const to = [...b];
  if (Math.abs(from.length - to.length) > most) return most + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, place) => place);
  for (const [row, letter] of from.entries()) {
    const line = [row + 1];
    for (const [column, other] of to.entries()) {
      let errors = Math.min(
        at(last, column) + (letter === other ? 0 : 1),
        at(last, column + 1) + 1,
        at(line, column) + 1,
      );
      if (row > 0 && column > 0 && letter === to[column - 1] && from[row - 1] === other) {
        errors = Math.min(errors, at(beforeLast, column - 1) + 1);
      }
      line.push(errors);
    }
    beforeLast = last;
    last = line;
  }
  return Math.min(at(last, to.length), most + 1);
}

const at = (line: readonly number[], place: number): number => line[place] ?? 0;
