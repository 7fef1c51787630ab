import { randomBytes } from "node:crypto";
import pg from "pg";
import { onTestFinished } from "vitest";

/** An empty database on the server of a URL, dropped when the test ends. */
export async function createDatabase(url: string): Promise<string> {
  const name = `opinion_scope_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  onTestFinished(async () => {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  const target = new URL(url);
  target.pathname = `/${name}`;
  return target.href;
}
