import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listenOnServer } from "~/lib/database/listen.server.ts";
import { announce, createLive } from "~/lib/live.server.ts";
import { LIVE_CHANNEL } from "~/lib/live-topics.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { testDatabase } from "../database.ts";

// The embedded database has one session, which cannot be lost.
const onServer = test.skipIf(!process.env.TEST_DATABASE_URL);

const { db, pool, connection } = await testDatabase();
const heard: string[] = [];
let interruptions = 0;
let stop: () => Promise<void>;

beforeAll(async () => {
  if (!process.env.TEST_DATABASE_URL) return;
  const named = { ...connection, application_name: "listener" };
  const listener = {
    notified: (topic: string) => heard.push(topic),
    interrupted: () => {
      interruptions++;
    },
  };
  stop = listenOnServer(named, LIVE_CHANNEL, listener, createLogger("silent"));
  await vi.waitFor(() => expect(interruptions).toBe(1));
});
afterAll(() => stop?.());

async function listeners(): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'listener' AND datname = current_database()",
  );
  return rows.map(({ pid }) => pid);
}

onServer("a lost connection is replaced, and what it may have missed is said", async () => {
  const [pid] = await listeners();
  await pool.query("SELECT pg_terminate_backend($1)", [pid]);
  await vi.waitFor(() => expect(interruptions).toBe(2), 5_000);
  expect(await listeners()).not.toContain(pid);
  heard.length = 0;
  await db.$executeRaw`SELECT ${announce("syncs")}`;
  await vi.waitFor(() => expect(heard).toEqual(["syncs"]));
});

onServer("a page that was open meanwhile is told of all it shows", async () => {
  const live = createLive();
  const stream = live.open({
    topics: ["trades", "whales"],
    signal: new AbortController().signal,
  });
  const events: string[] = [];
  void (async () => {
    for await (const chunk of stream ?? []) events.push(new TextDecoder().decode(chunk));
  })();
  const listener = { notified: live.changed, interrupted: live.allChanged };
  const named = { ...connection, application_name: "second" };
  const end = listenOnServer(named, LIVE_CHANNEL, listener, createLogger("silent"));
  await vi.waitFor(() => expect(events).toHaveLength(2));
  await pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'second'",
  );
  await vi.waitFor(
    () => expect(events.at(-1)).toBe('event: change\ndata: ["trades","whales"]\n\n'),
    5_000,
  );
  await end();
  live.close();
});

onServer("it ends at once, also while it waits to connect again", async () => {
  const nowhere = { host: "127.0.0.1", port: 1, user: "nobody", database: "none" };
  const listener = { notified: () => {}, interrupted: () => {} };
  const end = listenOnServer(nowhere, LIVE_CHANNEL, listener, createLogger("silent"));
  const before = performance.now();
  await end();
  expect(performance.now() - before).toBeLessThan(1_000);
});
