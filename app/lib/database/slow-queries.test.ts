import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { PrismaClient } from "~/generated/prisma/client.ts";
import { createLogger, type Logger } from "~/lib/logger.server.ts";
import { testDatabase } from "../../../tests/database.ts";
import { createSlowQueryLog, timeQueries } from "./slow-queries.server.ts";

const { connection } = await testDatabase();
const timed: { text: string; durationMs: number }[] = [];
const pool = new pg.Pool({ ...connection, max: 2, allowExitOnIdle: true });
timeQueries(pool, (text, durationMs) => timed.push({ text, durationMs }));
const db = new PrismaClient({ adapter: new PrismaPg(pool) });

afterAll(() => db.$disconnect());

const found = (part: string) => timed.filter(({ text }) => text.includes(part));

test("every statement is timed, as it was sent, however it was asked for", async () => {
  await db.$queryRaw`SELECT pg_sleep(0.05)::text, ${"secret"} AS given`;
  const [slow] = found("pg_sleep");
  expect(slow?.text).toContain("$1 AS given");
  expect(slow?.text).not.toContain("secret");
  expect(slow?.durationMs).toBeGreaterThan(45);
  expect(slow?.durationMs).toBeLessThan(5_000);

  await db.$transaction(async (tx) => {
    await tx.market.count();
  });
  expect(found('FROM "public"."market"').length).toBe(1);

  await pool.query("SELECT 1 AS plain");
  await pool.query({ text: "SELECT 2 AS configured" });
  await new Promise<void>((resolve, reject) => {
    pool.query("SELECT 3 AS called_back", (error) => (error ? reject(error) : resolve()));
  });
  for (const part of ["plain", "configured", "called_back"]) expect(found(part).length).toBe(1);
});

test("a statement that fails is timed too, and fails as it would", async () => {
  await expect(pool.query("SELECT nothing FROM nowhere")).rejects.toThrow("nowhere");
  expect(found("nowhere").length).toBe(1);
});

test("a flood of slow statements is a few lines, and the next one tells of the rest", () => {
  const lines: { query: string; durationMs: number; unlogged?: number }[] = [];
  const silent = createLogger("silent");
  const warn = ((line: (typeof lines)[number]) => lines.push(line)) as Logger["warn"];
  const logger: Logger = { ...silent, child: () => silent, warn };
  let now = 0;
  const log = createSlowQueryLog(logger, () => now);
  const slow = (text: string) => log({ pool: "pages", text, durationMs: 600.4 });
  for (let n = 0; n < 100; n++) slow("SELECT\n   1");
  expect(lines).toEqual([{ pool: "pages", query: "SELECT 1", durationMs: 600 }]);
  for (let n = 0; n < 100; n++) slow(`SELECT ${n}`);
  expect(lines.length).toBe(10);
  now = 1_000;
  slow("SELECT 1");
  slow(`SELECT ${"x".repeat(5_000)}`);
  expect(lines[1]).toMatchObject({ query: "SELECT 0", unlogged: 99 });
  expect(lines[10]).toEqual({ pool: "pages", query: "SELECT 1", durationMs: 600, unlogged: 90 });
  expect(lines[11]?.query.length).toBe(1_000);
  expect(lines[11]?.unlogged).toBeUndefined();
});
