import { createHash } from "node:crypto";

/** A seeded generator: equal seeds give equal sequences, on every machine. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [min, max). */
  between(min: number, max: number): number;
  /** Whole number from min to max, both included. */
  int(min: number, max: number): number;
  /** True with this probability (0 to 1). */
  chance(probability: number): boolean;
  /** One of a non-empty list. */
  pick<T>(items: readonly T[]): T;
  /** `count` different members of a list, in random order; all of them when it is shorter. */
  sample<T>(items: readonly T[], count: number): T[];
  /** Standard normal. */
  normal(): number;
};

/** Eight 32-bit words out of a text (its SHA-256). */
export function seedWords(seed: string): Uint32Array {
  const digest = createHash("sha256").update(seed).digest();
  return Uint32Array.from({ length: 8 }, (_, index) => digest.readUInt32LE(index * 4));
}

/** Generator sfc32 (Doty-Humphrey, "Small Fast Counting") over the SHA-256 of the seed. */
export function createRandom(seed: string): Random {
  const words = seedWords(seed);
  let a = words[0] ?? 0;
  let b = words[1] ?? 0;
  let c = words[2] ?? 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let round = 0; round < 12; round++) next();
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError("Cannot pick from an empty list.");
    return items[Math.floor(next() * items.length)] as T;
  };
  return {
    next,
    int,
    pick,
    between: (min, max) => min + next() * (max - min),
    chance: (probability) => next() < probability,
    sample: (items, count) => {
      const rest = [...items];
      const chosen = [];
      while (chosen.length < count && rest.length > 0) {
        chosen.push(...rest.splice(int(0, rest.length - 1), 1));
      }
      return chosen;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** Finaliser of MurmurHash3: a bijection of 32-bit words that scatters neighbours. */
function scatter(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The n-th of a family of 32-byte numbers as 64 hex digits; different n below 2^32 never give the same. */
export function hexOf(words: Uint32Array, n: number): string {
  let hex = "";
  for (let index = 0; index < 8; index++) {
    const word = scatter((n + (words[index] ?? 0)) | 0);
    hex += scatter((word ^ Math.imul(index + 1, 0x9e3779b1)) | 0)
      .toString(16)
      .padStart(8, "0");
  }
  return hex;
}
