import pg from "pg";
import { expect, test } from "vitest";
import { applyMigrations, readMigrations } from "~/lib/database/migrations.server.ts";
import { socketConnection, startPglite } from "~/lib/database/pglite.server.ts";

test("a database that holds markets already gets its search filled by the migration", {
  timeout: 90_000,
}, async () => {
  const migrations = await readMigrations("prisma/migrations");
  const initial = migrations.migrationDirectories.filter(({ path }) => path.endsWith("_initial"));
  const pglite = await startPglite({});
  const connection = socketConnection(pglite.socketDir);
  const client = new pg.Client(connection);
  try {
    await applyMigrations(connection, { ...migrations, migrationDirectories: initial });
    await client.connect();
    await client.query(`
      INSERT INTO market (id, venue, kind, external_id, title, labels) VALUES (1, 'opinion', 'categorical', '1', 'Next Chair?', '{Rates}');
      INSERT INTO market (id, venue, kind, external_id, title, parent_id) VALUES (2, 'opinion', 'binary', '2', 'Kevin Warsh', 1)`);
    await applyMigrations(connection, migrations);
    const { rows: titles } = await client.query("SELECT * FROM search.market_title ORDER BY 1");
    expect(titles).toEqual([
      { market_id: 1, group_id: 1, title: "next chair?" },
      { market_id: 2, group_id: 1, title: "kevin warsh" },
    ]);
    const { rows: words } = await client.query("SELECT word FROM search.word ORDER BY 1");
    expect(words.map(({ word }) => word)).toEqual(["chair", "kevin", "next", "warsh"]);
    expect((await client.query("SELECT label FROM search.label")).rows).toEqual([
      { label: "Rates" },
    ]);
  } finally {
    await client.end();
    await pglite.close();
  }
});
