import fc from "fast-check";
import type { Inngest } from "inngest";
import { expect, test } from "vitest";
import { testApp } from "../test-app.ts";
import type { IncomingEvent } from "../types.ts";
import { seededUlid, ulid } from "./ulid.ts";

/** A function that notes what reaches it. */
function listener(client: Inngest, id: string, events: string[], seen: unknown[]) {
  return client.createFunction(
    { id, triggers: events.map((event) => ({ event })) },
    async ({ event }) => {
      seen.push([id, event.name, (event.data as { n?: unknown }).n]);
    },
  );
}

function post(engine: { fetch: typeof fetch }, body: unknown, seed?: string) {
  return engine.fetch("http://engine.local/e/key", {
    method: "POST",
    headers: seed ? { "x-inngest-event-id-seed": seed } : {},
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

test("step.sendEvent gives one id per event back, and each event starts its run", async () => {
  const seen: unknown[] = [];
  const app = await testApp((client) => [
    listener(client, "target", ["note"], seen),
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      const { ids } = await step.sendEvent(
        "spread",
        Array.from({ length: 50 }, (_, n) => ({ name: "note", data: { n } })),
      );
      return new Set(ids).size;
    }),
  ]);
  const { ids } = await app.client.send({ name: "start" });
  expect(ids).toEqual([expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)]);
  await app.engine.drain();
  expect(await app.runs("app-main")).toMatchObject([{ status: "completed", output: 50 }]);
  expect(seen).toHaveLength(50);
  expect(new Set(seen.map(String)).size).toBe(50);
});

test("two events with one id start one run per function within 24 hours", async () => {
  const seen: unknown[] = [];
  const app = await testApp((client) => [
    listener(client, "first", ["start"], seen),
    listener(client, "second", ["start"], seen),
  ]);
  const event = { name: "start", id: "same" };
  const [one, two] = await Promise.all([
    app.engine.send([
      { ...event, data: { n: 1 } },
      { ...event, data: { n: 2 } },
    ]),
    app.engine.send({ ...event, data: { n: 3 } }),
  ]);
  expect(new Set([...one.ids, ...two.ids]).size).toBe(3);
  await app.engine.drain();
  // Whichever of the two requests came first.
  expect(
    [1, 3].map((n) => [
      ["first", "start", n],
      ["second", "start", n],
    ]),
  ).toContainEqual(seen);

  app.clock.advance(24 * 3_600_000);
  await app.engine.send({ ...event, data: { n: 4 } });
  await app.engine.drain();
  expect(seen.slice(2)).toEqual([
    ["first", "start", 4],
    ["second", "start", 4],
  ]);
});

test("a send that is retried with its seed gets the same ids and starts nothing twice", async () => {
  const seen: unknown[] = [];
  const app = await testApp((client) => [listener(client, "main", ["start"], seen)]);
  const seed = `${app.clock.now()},${Buffer.alloc(10, 255).toString("base64")}`;
  const events = [
    { name: "start", data: { n: 1 } },
    { name: "start", data: { n: 2 } },
  ];
  const answers = [await post(app.engine, events, seed), await post(app.engine, events, seed)];
  const [first, second] = await Promise.all(answers.map((answer) => answer.json()));
  expect(second).toEqual(first);
  expect(new Set((first as { ids: string[] }).ids).size).toBe(2);
  await app.engine.drain();
  expect(seen).toHaveLength(2);
});

test("of a request with one bad event nothing is kept, and the answer says which", async () => {
  const app = await testApp(() => []);
  const response = await post(app.engine, [{ name: "a" }, { name: "b", data: 1 }]);
  expect([response.status, await response.json()]).toEqual([
    400,
    { status: 400, error: "event 1 has data that is not an object" },
  ]);
  const { rows } = await app.pool.query("SELECT id FROM engine.event");
  expect(rows).toEqual([]);
});

test("any event data comes to the function as it was sent", async () => {
  const seen: unknown[] = [];
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ event }) => {
      seen.push(event.data);
    }),
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })),
      async (value) => {
        // The engine keeps `_inngest` to itself, and the SDK's own parsing drops `__proto__`.
        const {
          _inngest,
          ["__proto__"]: _,
          ...data
        } = JSON.parse(JSON.stringify(value)) as NonNullable<IncomingEvent["data"]>;
        seen.length = 0;
        await app.engine.send({ name: "start", data });
        await app.engine.drain();
        expect(JSON.stringify(seen)).toBe(JSON.stringify([data]));
      },
    ),
    { numRuns: 40 },
  );
});

test("the ids of one seed are ULIDs of its time, and differ by index", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 45 }),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      fc.integer({ min: 1, max: 5000 }),
      (ms, entropy, index) => {
        const seed = `${ms},${Buffer.from(entropy).toString("base64")}`;
        const first = seededUlid(seed, 0);
        expect(first).toBe(ulid(ms, entropy));
        expect(seededUlid(seed, index)).not.toBe(first);
        expect(seededUlid(seed, index)?.slice(0, 10)).toBe(first?.slice(0, 10));
      },
    ),
  );
  expect(seededUlid("not a seed", 0)).toBeNull();
});

test("a function gets the sessions of its event, and hands them on", async () => {
  const app = await testApp((client) => {
    const child = client.createFunction(
      { id: "child", triggers: [] },
      async ({ sessions }) => sessions ?? null,
    );
    return [
      client.createFunction({ id: "f", triggers: { event: "a" } }, async ({ sessions, step }) => [
        sessions ?? null,
        await step.invoke("i", { function: child, data: {} }),
      ]),
      child,
    ];
  });
  await app.client.send({ name: "a", data: {}, meta: { sessions: { chat: "c1" } } });
  await app.settle(1000);
  expect((await app.runs("app-f"))[0]?.output).toEqual([{ chat: "c1" }, { chat: "c1" }]);
});

test("an event id may be long", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "f", triggers: { event: "a" } }, async () => 1),
  ]);
  const id = Array.from({ length: 4000 }, (_, i) =>
    Math.abs(Math.sin(i + 1))
      .toString(36)
      .slice(3, 5),
  ).join("");
  expect(
    (
      await app.engine.fetch("http://engine.local/e/k", {
        method: "POST",
        body: JSON.stringify({ name: "a", id }),
      })
    ).status,
  ).toBe(200);
  expect(
    (
      await app.engine.fetch("http://engine.local/e/k", {
        method: "POST",
        body: JSON.stringify({ name: "a", id }),
      })
    ).status,
  ).toBe(200);
  await app.settle(1000);
  expect(await app.runs()).toHaveLength(1);
});
