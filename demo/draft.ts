import type { Random } from "./random.ts";

export type DraftChild = { title: string; chance: number };

/** A question before it becomes a market. */
export type Draft = {
  title: string;
  rules: string;
  /** Most telling first; the first one is the category. */
  labels: string[];
  /** Unix seconds. */
  cutoffAt: number;
  /** Probability of yes to begin with. */
  chance: number;
  /** Names of the two outcomes where they are not YES and NO, with their abbreviations. */
  sides?: { yes: string; no: string; yesShort: string; noShort: string };
  /** Only categoricals: the outcomes, each with its own chance. */
  children?: DraftChild[];
  /** Only categoricals: exactly one outcome comes true. */
  exclusive?: boolean;
};

/** Writes a question asked at `at` (unix seconds). */
export type Template = (random: Random, at: number) => Draft;

const NOTE =
  "Note: the market resolves strictly on the first officially published result of the designated source. Later revisions do not affect the resolution.";

/** Rules as the venue writes them: the condition, the source, what happens when there is none. */
export function rulesText(condition: string, source: string, otherwise?: string): string {
  const fallback =
    otherwise ??
    'If the source publishes no figure within 7 days of the deadline, the market resolves to "No".';
  return `${condition}\n\n${fallback}\n\nResolution source: ${source}.\n\n${NOTE}`;
}

/** A round level near the reference, and how likely it is to be passed. */
export function levelNear(
  random: Random,
  reference: { level: number; step: number },
  spread: number,
): { text: string; chance: number } {
  const distance = random.normal() * spread;
  const steps = Math.max(1, Math.round((reference.level * (1 + distance)) / reference.step));
  const decimals = reference.step < 1 ? String(reference.step).length - 2 : 0;
  const text = (steps * reference.step).toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return { text, chance: 1 / (1 + Math.exp((distance / spread) * 1.4)) };
}
