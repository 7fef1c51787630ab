import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { startCheckpoints } from "~/lib/database/checkpoint.server.ts";
import { open, temporaryFolder } from "./data-folder.ts";

// Each opens a database once or more, a second each on an idle machine.
vi.setConfig({ testTimeout: 120_000 });

const whale = { venue: "opinion", address: "0xabc", source: "manual" } as const;

test("a new folder gets a migrated database, and opening it again finds what was written", async () => {
  const folder = temporaryFolder();
  const first = await open(folder, { templateFile: undefined });
  expect(first.kind).toBe("embedded");
  expect(first.applied).toContain("20261122000000_initial");
  await first.db.whale.create({ data: whale });
  await first.close();
  expect(readdirSync(folder)).toEqual(["postgres"]);

  const second = await open(folder);
  expect(second.applied).toEqual([]);
  expect(await second.db.whale.count()).toBe(1);
  await expect(second.health()).resolves.toBeUndefined();
});

test("a new folder made from the template is migrated already", async () => {
  const database = await open(temporaryFolder());
  expect(database.applied).toEqual([]);
  expect(await database.db.whale.count()).toBe(0);
});

test("a template of other migrations is not used", async () => {
  const folder = temporaryFolder();
  const template = path.join(folder, "template.tar.gz");
  writeFileSync(template, "not a dump");
  writeFileSync(`${template}.hash`, "of other migrations");
  const database = await open(path.join(folder, "data"), { templateFile: template });
  expect(database.applied).toContain("20261122000000_initial");
});

test("a folder whose making was interrupted is made anew", async () => {
  const folder = temporaryFolder();
  const database = await open(folder);
  await database.close();
  writeFileSync(path.join(folder, "unfinished"), "");
  writeFileSync(path.join(folder, "postgres", "PG_VERSION"), "");
  const again = await open(folder);
  expect(await again.db.whale.count()).toBe(0);
  expect(existsSync(path.join(folder, "unfinished"))).toBe(false);
});

test("a folder that is in use is refused, and the message names the process", async () => {
  const folder = temporaryFolder();
  const first = await open(folder);
  await expect(open(folder)).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    message: expect.stringMatching(new RegExp(`${folder} is in use by process ${process.pid}\\.`)),
  });
  await first.db.whale.create({ data: whale });
  await first.close();
  expect(await (await open(folder)).db.whale.count()).toBe(1);
});

test.each([
  ["of a dead process", { pid: 2 ** 22 + 1, startedAt: "boot/1" }],
  [
    "of an earlier process with a pid that is in use again",
    { pid: process.pid, startedAt: "boot/1" },
  ],
])("a lock %s does not keep the folder closed", async (_name, holder) => {
  const folder = temporaryFolder();
  const lock = { ...holder, hostname: os.hostname(), socketDir: folder };
  writeFileSync(path.join(folder, "lock"), JSON.stringify(lock));
  const database = await open(folder);
  expect(await database.db.whale.count()).toBe(0);
});

test("a lock that another machine keeps fresh is respected", async () => {
  const folder = temporaryFolder();
  const lock = { pid: 1, startedAt: null, hostname: "another-machine", socketDir: null };
  writeFileSync(path.join(folder, "lock"), JSON.stringify(lock));
  await expect(open(folder)).rejects.toThrow(/in use by process 1 on another-machine/);
});

test("an unreadable lock file says which file to delete", async () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, "lock"), "{");
  await expect(open(folder)).rejects.toThrow(path.join(folder, "lock"));
});

test("a folder of the demo is not opened with live venues", async () => {
  const folder = temporaryFolder();
  await (await open(folder, { world: "demo" })).close();
  await expect(open(folder, { world: "live" })).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    message: expect.stringMatching(/holds demo data and is not opened as live.*npm run demo/),
  });
  expect((await open(folder, { world: "demo" })).applied).toEqual([]);
});

test("a folder with a path that is too long for a socket works", async () => {
  const folder = path.join(temporaryFolder(), "long".repeat(30));
  const database = await open(folder);
  expect(await database.db.whale.count()).toBe(0);
});

test("nobody else on the machine may read the folder", async () => {
  const folder = path.join(temporaryFolder(), "data");
  await open(folder);
  expect(statSync(folder).mode & 0o077).toBe(0);
  expect(statSync(path.join(folder, ".s.PGSQL.5432")).mode & 0o077).toBe(0);
});

test("closing twice is harmless, and health says so when the database is gone", async () => {
  const database = await open(temporaryFolder());
  await Promise.all([database.close(), database.close()]);
  await expect(database.health()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
});

/** The real worker, which runs `code` as well. */
function workerThat(code: string): string {
  const workerFile = path.join(temporaryFolder(), "worker.mjs");
  const real = pathToFileURL("app/lib/database/pglite-worker.mjs").href;
  writeFileSync(workerFile, `import "${real}";\n${code}`);
  return workerFile;
}

test("when the database's thread dies, queries fail instead of waiting and health says why", async () => {
  const folder = temporaryFolder();
  const signal = path.join(folder, "die");
  const workerFile = workerThat(
    `import { existsSync } from "node:fs";
     setInterval(() => { if (existsSync(${JSON.stringify(signal)})) throw new Error("out of memory"); }, 20);`,
  );
  const database = await open(path.join(folder, "data"), { workerFile });
  const queries = (async () => {
    for (;;) await database.pool.query("SELECT 1");
  })();
  writeFileSync(signal, "");
  await expect(queries).rejects.toThrow();
  // The connections end a moment before the reason arrives.
  await vi.waitFor(() => expect(database.health()).rejects.toThrow(/out of memory/));
  await database.close();
});

test("a database that does not start says so and frees the folder", async () => {
  const folder = temporaryFolder();
  const workerFile = path.join(folder, "broken.mjs");
  writeFileSync(workerFile, 'throw new Error("no WebAssembly here");');
  const dataDir = path.join(folder, "data");
  await expect(open(dataDir, { workerFile })).rejects.toMatchObject({
    code: "SERVICE_UNAVAILABLE",
    message: expect.stringMatching(/data does not open.*no WebAssembly here/),
  });
  expect(await (await open(dataDir)).db.whale.count()).toBe(0);
});

test("checkpoints are written while rows are", async () => {
  const { pool } = await open(temporaryFolder());
  const redo = "SELECT redo_lsn::text AS redo FROM pg_control_checkpoint()";
  const before = (await pool.query(redo)).rows;
  const onError = vi.fn();
  const stop = startCheckpoints(pool, onError, { lookEveryMs: 20, largestWalBytes: 100_000 });
  await vi.waitFor(
    async () => {
      await pool.query(
        `INSERT INTO whale (venue, address, source)
         SELECT 'opinion', gen_random_uuid()::text, 'manual' FROM generate_series(1, 500)`,
      );
      expect((await pool.query(redo)).rows).not.toEqual(before);
    },
    { timeout: 20_000, interval: 50 },
  );
  stop();
  expect(onError).not.toHaveBeenCalled();
});
