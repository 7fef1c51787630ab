import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveTopic } from "~/lib/live-topics.ts";
import { createLive, type Live } from "./live.server.ts";

let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  live = createLive({ maxClients: 3 });
});
afterEach(() => {
  live.close();
  vi.useRealTimers();
});

/** A client that reads everything at once. */
function join(topics: LiveTopic[], ageMs?: number) {
  const leaving = new AbortController();
  const stream = live.open({ topics, ageMs, signal: leaving.signal });
  const events: string[] = [];
  const state = { ended: false };
  const reading = (async () => {
    if (!stream) return;
    for await (const chunk of stream) events.push(textOf(chunk));
    state.ended = true;
  })();
  return { events, state, reading, refused: stream === null, leave: () => leaving.abort() };
}

const textOf = (chunk: Uint8Array) =>
  new TextDecoder().decode(chunk).replace(/^event: (.*)\ndata: (.*)\n\n$/, "$1 $2");
const settle = () => vi.advanceTimersByTimeAsync(0);

test("a change is told at once, those that follow it closely together after 150 ms", async () => {
  const { events } = join(["trades", "syncs"]);
  live.changed("trades");
  await settle();
  expect(events).toEqual(['hello ["trades","syncs"]', 'change ["trades"]']);
  for (let n = 0; n < 100; n++) live.changed(n % 2 ? "trades" : "syncs");
  await vi.advanceTimersByTimeAsync(149);
  expect(events).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(events.slice(2)).toEqual(['change ["trades","syncs"]']);
});

test("under a steady stream of changes an event comes every 150 ms, and the last one is told", async () => {
  const { events } = join(["trades"]);
  for (let n = 0; n < 100; n++) {
    live.changed("trades");
    await vi.advanceTimersByTimeAsync(15);
  }
  await vi.advanceTimersByTimeAsync(150);
  expect(events.length - 1).toBe(11);
});

test("after a quiet time a change is told at once again", async () => {
  const { events } = join(["trades"]);
  live.changed("trades");
  await vi.advanceTimersByTimeAsync(1000);
  live.changed("trades");
  await settle();
  expect(events.slice(1)).toEqual(['change ["trades"]', 'change ["trades"]']);
});

test("a client hears of its own topics only, and of nothing that is no topic", async () => {
  const { events } = join(["syncs"]);
  live.changed("trades");
  live.changed("whatever");
  await vi.advanceTimersByTimeAsync(500);
  expect(events).toEqual(['hello ["syncs"]']);
});

test("when anything may have changed, each is told of all it shows in one event", async () => {
  const { events } = join(["syncs", "whales"]);
  live.allChanged();
  await settle();
  expect(events.slice(1)).toEqual(['change ["syncs","whales"]']);
});

test("a page is told at once of what has changed since its data was asked for", async () => {
  await vi.advanceTimersByTimeAsync(60_000);
  live.changed("trades");
  await vi.advanceTimersByTimeAsync(5_000);
  const young = join(["trades", "syncs"], 1_000);
  const old = join(["trades", "syncs"], 6_000);
  await settle();
  expect(young.events).toHaveLength(1);
  expect(old.events.slice(1)).toEqual(['change ["trades"]']);
});

test("a page older than the server is told of everything", async () => {
  const { events } = join(["markets", "syncs"], 3_600_000);
  await settle();
  expect(events.slice(1)).toEqual(['change ["markets","syncs"]']);
});

test("a heartbeat comes every 15 s", async () => {
  const { events } = join(["trades"]);
  await vi.advanceTimersByTimeAsync(45_000);
  expect(events.slice(1)).toEqual(Array(3).fill("heartbeat []"));
});

test("one too many is refused; who leaves makes room", async () => {
  const [first] = [join(["trades"]), join(["trades"]), join(["trades"])];
  expect(join(["trades"]).refused).toBe(true);
  first?.leave();
  await first?.reading;
  expect(live.clients()).toBe(2);
  expect(join(["trades"]).refused).toBe(false);
});

test("a client that is gone before its stream begins takes no place", () => {
  const gone = AbortSignal.abort();
  live.open({ topics: ["trades"], signal: gone });
  expect(live.clients()).toBe(0);
});

test("a client that does not read costs a few events, and gets the rest as one when it reads on", async () => {
  const stream = live.open({ topics: ["trades", "syncs"], signal: new AbortController().signal });
  for (let n = 0; n < 1000; n++) {
    live.changed(n < 500 ? "trades" : "syncs");
    await vi.advanceTimersByTimeAsync(150);
  }
  const events: string[] = [];
  const reading = (async () => {
    for await (const chunk of stream ?? []) events.push(textOf(chunk));
  })();
  await settle();
  live.close();
  await reading;
  expect(events.length).toBeLessThanOrEqual(6);
  expect(events.at(-1)).toBe('change ["trades","syncs"]');
});

test("closing ends every stream and opens no other", async () => {
  const { reading, state } = join(["trades"]);
  live.close();
  await reading;
  expect(state.ended).toBe(true);
  expect(join(["trades"]).refused).toBe(true);
  live.changed("trades");
});
