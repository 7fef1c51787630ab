import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeRemoved, RETENTION, RETENTION_TARGETS } from "./policy.ts";

const schema = ["schema", "engine"]
  .map((name) => readFileSync(`prisma/${name}.prisma`, "utf8"))
  .join("\n");
const models = [...schema.matchAll(/^model (\w+) \{.*?@@map\("(\w+)"\)/gms)].map(
  ([, model = "", table = ""]) => ({ model, table }),
);

test("every model says what removes its rows, or why they stay", () => {
  expect(models.length).toBeGreaterThan(25);
  expect(Object.keys(RETENTION).sort()).toEqual(models.map(({ model }) => model).sort());
  for (const rule of Object.values(RETENTION)) {
    expect(Object.values(rule).flat().join("").length).toBeGreaterThan(2);
  }
});

test("what is removed is named by a model, and every removal belongs to one", () => {
  const named = Object.values(RETENTION).flatMap((rule) =>
    "removedBy" in rule ? rule.removedBy : [],
  );
  expect([...new Set(named)].sort()).toEqual([...RETENTION_TARGETS].sort());
});

test("the page on operations has a row for every table", () => {
  const page = readFileSync("docs/operations.md", "utf8");
  const retention = page.slice(page.indexOf("## Retention"));
  const missing = models.filter(
    ({ model, table }) =>
      !retention.includes(`\`${model.startsWith("Engine") ? `engine.${table}` : table}\``),
  );
  expect(missing).toEqual([]);
});

test("a clean-up says what it removed in words, and what it left", () => {
  expect(describeRemoved({}, [])).toBe("Nothing was past its retention.");
  expect(describeRemoved({ trades: 1, attempts: 120_000, runs: 0 }, [])).toBe(
    "Removed 1 trade, 120,000 successful attempts.",
  );
  expect(describeRemoved({ attempts: 5 }, ["attempts"])).toBe(
    "Removed 5 successful attempts. Left for the next clean-up: more successful attempts.",
  );
});
