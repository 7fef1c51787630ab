/** Likeness (word_similarity) of a label from which on it is taken for a mistyped one, 0 to 1; only where nothing has the very letters. */
export const LIKE_ENOUGH = 0.4;

/** Shorter texts are not taken for mistyped. */
export const SHORTEST_MISTYPED = 4;

/** A text inside a LIKE pattern, whose wildcards stand for themselves. */
export function likeText(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}

/** Patterns of which a text must match all: its words, in any order. */
export function likeWords(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => `%${likeText(word)}%`);
}
