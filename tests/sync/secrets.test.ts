import { afterEach, expect, test, vi } from "vitest";
import { createLogger } from "~/lib/logger.server.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import { testApp } from "../api/app.tsx";
import { testDatabase } from "../database.ts";
import { demoRig, type Rig } from "./demo-rig.ts";

vi.setConfig({ testTimeout: 90_000 });

const SECRETS = {
  OPINION_API_KEY: "planted-key-0123456789",
  ADMIN_TOKEN: "planted-token-0123456789",
  INNGEST_EVENT_KEY: "planted-event-0123456789",
  WEBHOOK_SECRET: "planted-hook-0123456789",
};
const PLANTED = Object.values(SECRETS);
const SAID = `you sent ${PLANTED.join(" ")}`;

let rig: Rig;
afterEach(() => rig.close());

const answer = (result: unknown, errno = 0, errmsg = "") =>
  Response.json({ errno, errmsg, result });

/** A venue that hands every secret of this installation back: in errors, and in rows that cannot be read. */
function treacherous(url: URL): Response {
  if (url.pathname.includes("/trade/")) return answer(null, 11_002, SAID);
  if (url.pathname.includes("leaderboard")) {
    return answer({ total: 1, list: [{ walletAddress: SAID, [SAID]: [SAID] }] });
  }
  if (url.searchParams.get("page") === "1") {
    return answer({ total: 21, list: Array.from({ length: 20 }, () => ({ marketId: SAID })) });
  }
  return answer(null, 10_000, SAID);
}

/** Every row of every table, engine's included, as text. */
async function everyRow(): Promise<string> {
  const { pool } = await testDatabase();
  const tables = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'engine')`,
  );
  const texts = tables.rows.map(async ({ name }) => {
    const { rows } = await pool.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    return rows.map(({ row }) => `${name} ${row}`);
  });
  return (await Promise.all(texts)).flat().join("\n");
}

test("secrets that the venue hands back are in no row of any table, no line of the log and on no page", async () => {
  const lines: string[] = [];
  const redact = createRedactor(SECRETS);
  rig = await demoRig({
    apiKey: SECRETS.OPINION_API_KEY,
    env: SECRETS,
    intercept: treacherous,
    logger: createLogger("debug", redact, { write: (line) => void lines.push(line) }),
  });
  await rig.db.whale.create({
    data: { venue: "opinion", address: `0x${"ab".repeat(20)}`, source: "manual", followed: true },
  });
  await rig.run("sync/markets.requested", { trigger: "manual" });
  await rig.run("sync/discovery.requested", { trigger: "manual" });
  await rig.run("sync/whales.requested", { trigger: "manual", all: true });
  for (let minute = 0; minute < 6; minute++) {
    rig.clock.advance(61_000);
    await rig.engine.drain();
  }
  const rows = await everyRow();
  for (const [table, what] of [
    ["run_attempt", "redacted"],
    ["dead_letter", "redacted"],
    ["quarantined_row", "redacted"],
    ["sync_part", "redacted"],
    ["run", "redacted"],
  ] as const) {
    expect(rows).toMatch(new RegExp(`public\\.${table} .*${what}`));
  }
  expect(lines.join("")).toContain("[redacted]");
  const failed = lines.map((line) => JSON.parse(line)).filter(({ path }) => path !== undefined);
  expect(failed).toContainEqual(
    expect.objectContaining({
      action: "sync-markets",
      run: expect.any(String),
      correlation: expect.any(String),
      code: "INVALID_INPUT",
    }),
  );
  const letter = await rig.db.deadLetter.findFirstOrThrow();
  const sync = await rig.db.syncLog.findFirstOrThrow({ where: { type: "markets" } });
  const app = await testApp(rig.db, { clock: rig.clock, environment: SECRETS });
  const pages = await Promise.all(
    [
      ...["/syncs", `/syncs/${sync.id}`, "/dead-letters", `/dead-letters/${letter.id}`, "/whales"],
      ...["/notifications", "/api/v1/syncs", "/api/v1/dead-letters", "/api/v1/quarantine"],
      ...["/quarantine.csv", "/syncs.csv"],
    ].map(async (path) => {
      const { status, text } = await app.request(path);
      expect([path, status]).toEqual([path, 200]);
      return `${path} ${text}`;
    }),
  );
  for (const text of [rows, ...lines, ...pages]) {
    for (const secret of PLANTED) {
      const at = text.indexOf(secret);
      expect(at, text.slice(Math.max(at - 300, 0), at + 100)).toBe(-1);
    }
  }
});
