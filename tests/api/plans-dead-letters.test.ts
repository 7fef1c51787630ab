import { beforeAll, expect, test } from "vitest";
import { lastAttempts } from "~/features/dead-letters/attempts.server.ts";
import { listGroups } from "~/features/dead-letters/groups.server.ts";
import {
  countOld,
  countOpen,
  getLetter,
  listLetters,
} from "~/features/dead-letters/queries.server.ts";
import {
  getReplay,
  listReplayLetters,
  listReplays,
} from "~/features/dead-letters/replays.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { expectBounded, explainingClient } from "./explain.ts";

let db: PrismaClient;
let explained: Awaited<ReturnType<typeof explainingClient>>;

/** 20,000 letters in 3,000 groups, of which the first has 10,000; a tenth is open; 3 replays, of which one runs. */
beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await database.pool.query(`
    INSERT INTO dead_letter_group (fingerprint, code, message, first_seen_at, last_seen_at)
    SELECT 'group-' || g, CASE WHEN g % 2 = 0 THEN 'TIMEOUT' ELSE 'INVALID_RESPONSE' END, 'Failure ' || g, '2026-01-01', 
      '${NOW.toISOString()}'::timestamptz - g * interval '1 minute'
    FROM generate_series(0, 2999) g;
    INSERT INTO replay (name, filter, request_key, per_minute, total, status, created_at)
    SELECT 'Replay ' || n, '{}', 'key-' || n, 60, 200, (CASE WHEN n = 3 THEN 'running' ELSE 'completed' END)::replay_status, now()
    FROM generate_series(1, 3) n;
    INSERT INTO dead_letter (run_id, function_id, idempotency_key, correlation_id, event, stream, error_code, error_message, fingerprint,
      status, failed_at, replay_id, requested_at)
    SELECT 'run-' || n, CASE WHEN n % 50 = 0 THEN 'sync-markets' ELSE 'sync-whale' END, 'key-' || n, 'cause', '{"name": "x"}',
      'opinion ' || n % 900, CASE WHEN n % 4 = 0 THEN 'TIMEOUT' ELSE 'INVALID_RESPONSE' END, 'Failure',
      'group-' || CASE WHEN n % 2 = 0 THEN 0 ELSE n % 3000 END,
      (CASE WHEN n % 10 = 1 OR n % 40 = 0 THEN 'open' WHEN n % 10 = 2 THEN 'discarded' ELSE 'replayed' END)::dead_letter_status,
      '${NOW.toISOString()}'::timestamptz - n * interval '3 minutes', CASE WHEN n <= 600 THEN 1 + n % 3 END,
      CASE WHEN n <= 300 THEN now() END
    FROM generate_series(1, 20000) n;
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, expires_at)
    SELECT 'sync-whale', 'key-' || n, 'cause', 'run-' || n, 'failed', now(), now() FROM generate_series(1, 5000) n;
    INSERT INTO run_attempt (run_id, step, number, started_at, duration_ms, status)
    SELECT 1 + n % 200, 'read-0', n, now(), 5, 'retryable' FROM generate_series(1, 20000) n;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 180_000);

const MIDDLE = encodeCursor([new Date(NOW.getTime() - 30 * 86_400_000).toISOString(), "14400"]);
const GROUPS = encodeCursor([new Date(NOW.getTime() - 1_500 * 60_000).toISOString(), "group-1500"]);
const week = new Date(NOW.getTime() - 7 * 86_400_000);
const open = "open" as const;

/** What a list reads at most: its page, and rows of a second filter that no index has. */
const LISTS: [string, number, () => Promise<unknown>][] = [
  ["letters", 60, () => listLetters(db, { limit: 50, cursor: MIDDLE })],
  ["open letters", 60, () => listLetters(db, { status: open, limit: 50, cursor: MIDDLE })],
  ["letters of a job", 60, () => listLetters(db, { function: "sync-markets", limit: 50 })],
  ["letters of a code", 60, () => listLetters(db, { code: "TIMEOUT", limit: 50, cursor: MIDDLE })],
  ["letters of a stream", 60, () => listLetters(db, { stream: "opinion 7", limit: 50 })],
  ["letters of a time", 60, () => listLetters(db, { since: week, limit: 50 })],
  [
    "open letters of a group",
    60,
    () => listLetters(db, { fingerprint: "group-0", status: open, limit: 50, cursor: MIDDLE }),
  ],
  [
    "open letters of a group and a job",
    250,
    () =>
      listLetters(db, {
        fingerprint: "group-0",
        status: open,
        function: "sync-markets",
        limit: 50,
      }),
  ],
  ["groups", 1_500, () => listGroups(db, { status: open, limit: 25 })],
  ["groups in the middle", 600, () => listGroups(db, { status: open, limit: 25, cursor: GROUPS })],
  [
    "groups of a job",
    600,
    () => listGroups(db, { status: open, function: "sync-markets", limit: 25 }),
  ],
  ["groups of a time", 1_500, () => listGroups(db, { status: open, since: week, limit: 25 })],
  ["groups where none fits", 600, () => listGroups(db, { status: open, code: "QUOTA", limit: 25 })],
  ["a letter", 20, () => getLetter(db, 10_000)],
  ["the attempts of a letter's run", 60, () => lastAttempts(db, "run-7")],
  ["open letters that are old", 1_100, () => countOld(db, NOW.getTime())],
  ["open letters for a badge", 110, () => countOpen(db, 100)],
  ["replays", 250, () => listReplays(db, 5)],
  ["a replay", 250, () => getReplay(db, 3)],
  ["letters of a replay", 60, () => listReplayLetters(db, { replayId: 2, limit: 50 })],
];

test.each(LISTS)("%s reads at most %i rows, by an index", async (_, most, list) => {
  const plans = await explained.plansOf(list);
  expect(plans.length).toBeGreaterThan(0);
  expectBounded(plans, most, ["replay"]);
});

test("groups are walked whole, each once, whatever number of them does not fit", async () => {
  const open = await db.deadLetter.groupBy({ by: ["fingerprint"], where: { status: "open" } });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listGroups(db, { status: "open", cursor, limit: 25 });
    seen.push(...page.data.map(({ fingerprint }) => fingerprint));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen.length).toBe(new Set(seen).size);
  expect(new Set(seen)).toEqual(new Set(open.map(({ fingerprint }) => fingerprint)));
});
