import { expect, test, vi } from "vitest";
import { startAutovacuum } from "~/lib/database/autovacuum.server.ts";
import { testDatabase } from "../database.ts";

test("a table whose rows are replaced over and over does not grow, and the planner knows its size", async () => {
  const { pool, reset } = await testDatabase();
  await reset();
  const onError = vi.fn();
  const stop = startAutovacuum(pool, onError, 10);
  try {
    await pool.query(
      "INSERT INTO whale (venue, address, source) SELECT 'opinion', 'a' || g, 'manual' FROM generate_series(1, 2000) g",
    );
    const facts = async () => {
      const { rows } = await pool.query(
        `SELECT pg_relation_size(oid)::int AS bytes, reltuples::int AS known FROM pg_class WHERE oid = 'whale'::regclass`,
      );
      return rows[0] as { bytes: number; known: number };
    };
    await vi.waitFor(async () => expect((await facts()).known).toBe(2000), 10_000);
    const { bytes } = await facts();
    const vacuums = async () => {
      const { rows } = await pool.query(
        "SELECT vacuum_count::int AS count FROM pg_stat_user_tables WHERE relname = 'whale'",
      );
      return rows[0].count as number;
    };
    for (let round = 0; round < 6; round++) {
      const before = await vacuums();
      await pool.query("UPDATE whale SET label = $1", [String(round)]);
      await vi.waitFor(async () => expect(await vacuums()).toBeGreaterThan(before), 10_000);
    }
    // Left alone, the table would hold seven versions of every row.
    expect((await facts()).bytes).toBeLessThan(bytes * 3);
    expect(onError).not.toHaveBeenCalled();
  } finally {
    stop();
  }
}, 60_000);
