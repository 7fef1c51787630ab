import pg from "pg";
import { expect, test } from "vitest";
import { testDatabase } from "../database.ts";

test("queries of many connections at once never run with each other's statement or parameters", async () => {
  const { connection } = await testDatabase();
  const pools = Array.from({ length: 3 }, () => new pg.Pool({ ...connection, max: 4 }));
  try {
    const answers = await Promise.all(
      Array.from({ length: 600 }, async (_, n) => {
        const pool = pools[n % pools.length];
        if (n % 7 === 0) {
          const { rows } = await (pool as pg.Pool).query(`SELECT ${n} AS plain`);
          return rows[0].plain === n;
        }
        const columns = (n % 5) + 1;
        const list = Array.from({ length: columns }, (_, at) => `$${at + 1}::int AS c${at}`).join(
          ", ",
        );
        const values = Array.from({ length: columns }, (_, at) => n * 10 + at);
        const { rows } = await (pool as pg.Pool).query(
          `SELECT ${list}, repeat('x', $${columns + 1}::int) AS x`,
          [...values, n],
        );
        return values.every((value, at) => rows[0][`c${at}`] === value) && rows[0].x.length === n;
      }),
    );
    expect(answers.filter((right) => !right)).toHaveLength(0);
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
});

test("a connection that breaks off in the middle of a query does not block the others", async () => {
  const { connection, pool } = await testDatabase();
  const client = new pg.Client(connection);
  await client.connect();
  client.on("error", () => {});
  const stream = (client as unknown as { connection: { stream: import("node:net").Socket } })
    .connection.stream;
  // A Parse without its Sync, then the line goes dead.
  const text = Buffer.from("\0SELECT 1\0\0\0");
  const parse = Buffer.alloc(5);
  parse.write("P", 0);
  parse.writeInt32BE(text.length + 4, 1);
  stream.write(Buffer.concat([parse, text]));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const waiting = pool.query("SELECT 2 AS two");
  stream.destroy();
  expect((await waiting).rows).toEqual([{ two: 2 }]);
});
