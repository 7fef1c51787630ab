import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { expect } from "vitest";
import { PrismaClient } from "~/generated/prisma/client.ts";
import type { TestDatabase } from "../database.ts";

export type Plan = {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  Plans?: Plan[];
};

/** A Prisma client whose queries can be explained exactly as Postgres gets them, parameters included. */
export async function explainingClient({ connection, pool }: TestDatabase) {
  const queries: { text: string; values: unknown[] }[] = [];
  const recording = new pg.Pool({ ...connection, max: 2, allowExitOnIdle: true });
  const query = recording.query.bind(recording) as (...args: unknown[]) => unknown;
  recording.query = ((config: pg.QueryConfig, values?: unknown[]) => {
    queries.push({ text: config.text, values: values ?? config.values ?? [] });
    return values ? query(config, values) : query(config);
  }) as typeof recording.query;
  const db = new PrismaClient({ adapter: new PrismaPg(recording) });

  return {
    db,
    /** Runs `read` and gives the executed plan of every query it made of our tables. */
    async plansOf(read: () => Promise<unknown>): Promise<Plan[]> {
      queries.length = 0;
      await read();
      const made = queries.splice(0).filter(({ text }) => /^\s*(SELECT|WITH)/i.test(text));
      const plans: Plan[] = [];
      for (const { text, values } of made) {
        const { rows } = await pool.query<{ "QUERY PLAN": { Plan: Plan }[] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
          values,
        );
        plans.push(...rows.flatMap((row) => row["QUERY PLAN"].map(({ Plan }) => Plan)));
      }
      return plans;
    },
  };
}

/** A plan's nodes, itself first. */
export function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/**
 * Expects that no plan reads a whole table, and that no node of one brings more rows than `most`.
 * @param ofFewRows tables that may be read whole: they never hold many rows
 */
export function expectBounded(
  plans: readonly Plan[],
  most: number,
  ofFewRows: readonly string[] = [],
): void {
  for (const plan of plans) {
    const nodes = nodesOf(plan);
    const scanned = nodes
      .filter((node) => node["Node Type"] === "Seq Scan")
      .map((node) => node["Relation Name"] ?? "");
    expect(scanned.filter((name) => !ofFewRows.includes(name))).toEqual([]);
    const rows = nodes.map((node) => node["Actual Rows"] * node["Actual Loops"]);
    expect(Math.max(...rows), JSON.stringify(plan)).toBeLessThanOrEqual(most);
  }
}
