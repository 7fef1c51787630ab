import { beforeAll, expect, test } from "vitest";
import { listLetters } from "~/features/dead-letters/queries.server.ts";
import { listMarketLines } from "~/features/markets/csv.server.ts";
import { marketFileSearch } from "~/features/markets/market-page-search.ts";
import { listNotifications } from "~/features/notifications/queries.server.ts";
import { listQuarantine } from "~/features/quarantine/queries.server.ts";
import { listSyncs } from "~/features/syncs/queries.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { expectBounded, explainingClient } from "./explain.ts";
import { seed } from "./seed.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

const LIMIT = 500;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await seed(database.db, { whales: 50, markets: 9_000, trades: 100, newest: NOW });
  await database.pool.query(`
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, deadline_at, correlation_id)
    SELECT 'run-' || n, 'whales', 'cron', 'completed', timestamptz '${NOW.toISOString()}' - n * interval '1 minute', now(), 'c'
    FROM generate_series(1, 20000) n;
    INSERT INTO quarantined_row (venue, kind, content_hash, payload, path, message, status, first_seen_at, last_seen_at, sync_log_id)
    SELECT 'opinion', 'trades', 'hash-' || n, '{}', 'price', 'bad', (CASE WHEN n % 3 = 0 THEN 'healed' ELSE 'open' END)::quarantine_status,
      now(), timestamptz '${NOW.toISOString()}' - n * interval '1 second', 1 + n % 2 FROM generate_series(1, 20000) n;
    INSERT INTO dead_letter_group (fingerprint, code, message, first_seen_at, last_seen_at) VALUES ('f', 'TIMEOUT', 'm', now(), now());
    INSERT INTO dead_letter (run_id, function_id, idempotency_key, correlation_id, event, stream, error_code, error_message, fingerprint, status, failed_at)
    SELECT 'run-' || n, 'sync-whale', 'key-' || n, 'c', '{}', 'opinion', 'TIMEOUT', 'm', 'f', 'open',
      timestamptz '${NOW.toISOString()}' - n * interval '1 minute' FROM generate_series(1, 20000) n;
    INSERT INTO notification (kind, severity, scope, title, body, created_at, resolved_at)
    SELECT 'incident', 'error', 'app', 't', 'b', timestamptz '${NOW.toISOString()}' - n * interval '1 minute', now()
    FROM generate_series(1, 20000) n;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 120_000);

/** A place far down in a list by time and id. */
const far = (minutes: number, id: number) =>
  encodeCursor([new Date(NOW.getTime() - minutes * 60_000).toISOString(), String(id)]);

const markets = (query: Record<string, string>, cursor?: string) =>
  listMarketLines(db, {
    search: { ...marketFileSearch.parse(query), cursor },
    limit: LIMIT,
    now: NOW,
  });

// A batch and the row that tells that it goes on.
const BATCH = LIMIT + 1;
// One index per status, each read for a batch.
const OF_EVERY_STATUS = BATCH * 7;

/** What stands just now: a handful of rows, read whole. */
const OF_FEW_ROWS = "condition";

const BATCHES: [string, number, () => Promise<unknown>][] = [
  ["open markets", BATCH, () => markets({})],
  ["open markets, far down", BATCH, () => markets({}, encodeCursor(["3", "8000"]))],
  ["all markets by volume", OF_EVERY_STATUS, () => markets({ status: "all", sort: "volume" })],
  ["syncs", BATCH, () => listSyncs(db, { limit: LIMIT })],
  ["syncs, far down", BATCH, () => listSyncs(db, { limit: LIMIT, cursor: far(10_000, 10_000) })],
  ["quarantined rows", BATCH, () => listQuarantine(db, { limit: LIMIT })],
  [
    "healed rows of a run, far down",
    2 * OF_EVERY_STATUS,
    () =>
      listQuarantine(db, {
        sync: 1,
        status: "healed",
        limit: LIMIT,
        cursor: encodeCursor(["15000"]),
      }),
  ],
  [
    "dead letters, far down",
    BATCH,
    () => listLetters(db, { limit: LIMIT, cursor: far(10_000, 10_000) }),
  ],
  [
    "notifications, far down",
    BATCH,
    () => listNotifications(db, { limit: LIMIT, cursor: far(10_000, 10_000) }),
  ],
];

test.each(BATCHES)(
  "a batch of %s reads at most %i rows of its list, along an index",
  async (_, most, batch) => {
    const plans = await explained.plansOf(batch);
    expect(plans.length).toBeGreaterThan(0);
    expectBounded(plans, most, [OF_FEW_ROWS]);
  },
);
