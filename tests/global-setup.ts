import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { readMigrations } from "~/lib/database/migrations.server.ts";
import { templateHash, writeTemplate } from "~/lib/database/template.server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Gzipped dump of a migrated, empty database. */
    databaseTemplate: string;
    /** Folder for the sockets of the test databases. */
    databaseSockets: string;
  }
}

/** Makes the dump that every test database starts from, once per state of the migrations. */
export default async function setup(project: TestProject) {
  const migrations = await readMigrations("prisma/migrations");
  const hash = (await templateHash(migrations)).slice(0, 16);
  const file = `tests/.cache/database-${hash}.tar.gz`;
  await writeTemplate({ file, migrations });
  project.provide("databaseTemplate", file);
  // Test workers are killed at the end of a run and cannot tidy up after themselves.
  const sockets = mkdtempSync(path.join(os.tmpdir(), "opinion-scope-"));
  project.provide("databaseSockets", sockets);
  return () => rmSync(sockets, { recursive: true, force: true });
}
