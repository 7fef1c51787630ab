import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "./random.ts";
import { draftBinary, draftCategorical } from "./titles.ts";

test("every question reads whole, has rules of some sentences and closes after it opens", () => {
  const times = fc.integer({ min: Date.UTC(2026, 0) / 1000, max: Date.UTC(2029, 0) / 1000 });
  fc.assert(
    fc.property(fc.string(), times, (seed, at) => {
      const random = createRandom(seed);
      for (const draft of [draftBinary(random, at), draftCategorical(random, at)]) {
        const texts = [
          draft.title,
          draft.rules,
          ...draft.labels,
          ...Object.values(draft.sides ?? {}),
        ];
        texts.push(...(draft.children ?? []).map((child) => child.title));
        for (const text of texts) expect(text).toMatch(/^(?!.*(undefined|NaN|\[object)).+/s);
        expect(draft.rules.split(/[.!]\s/).length).toBeGreaterThan(2);
        expect(draft.cutoffAt).toBeGreaterThanOrEqual(at + 3600);
        const chances = (draft.children ?? [draft]).map((child) => child.chance);
        expect(chances.every((chance) => chance > 0 && chance < 1)).toBe(true);
        const names = draft.children?.map((child) => child.title) ?? [];
        expect(new Set(names).size).toBe(names.length);
      }
    }),
    { numRuns: 500 },
  );
});
