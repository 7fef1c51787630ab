import { beforeEach, expect, test } from "vitest";
import { seedSync } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { createFrame } from "./frame.server.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

const { db, reset } = await testDatabase();

beforeEach(reset);

async function notify() {
  await db.notification.create({
    data: {
      kind: "incident",
      severity: "error",
      scope: "app",
      title: "Late",
      body: "It is late.",
      createdAt: new Date(NOW),
      resolvedAt: new Date(NOW),
    },
  });
}

test("the frame is read anew as soon as a change of what it tells is told, and not before", async () => {
  const frame = createFrame(db);
  expect((await frame.read(NOW)).unread).toEqual({ count: 0, grave: false });
  await notify();
  frame.changed("trades");
  expect((await frame.read(NOW)).unread.count).toBe(0);
  frame.changed("notifications");
  expect((await frame.read(NOW)).unread).toEqual({ count: 1, grave: true });
  await notify();
  frame.allChanged();
  expect((await frame.read(NOW)).unread.count).toBe(2);
});

test("what is kept of the jobs is judged by the time of the page", async () => {
  const startedAt = new Date(NOW - 60_000);
  await seedSync(db, { type: "markets", startedAt, finishedAt: startedAt, requests: 1 });
  const frame = createFrame(db);
  expect(await frame.read(NOW)).toMatchObject({
    state: "on-time",
    lastDataAt: startedAt.toISOString(),
  });
  expect((await frame.read(NOW + 86_400_000)).state).toBe("delayed");
});

test("a change that comes while the frame is read is not lost", async () => {
  const frame = createFrame(db);
  const before = frame.read(NOW);
  await notify();
  frame.changed("notifications");
  await before;
  const { count } = (await frame.read(NOW)).unread;
  expect(count).toBe(await db.notification.count());
});

test("a read that failed is told to whoever asked, and tried again by whoever asks next", async () => {
  let broken = true;
  const failing = new Proxy(db, {
    get(target, name, receiver) {
      if (broken && name === "deadLetter") throw new Error("the database is away");
      return Reflect.get(target, name, receiver);
    },
  });
  const frame = createFrame(failing);
  await expect(frame.read(NOW)).rejects.toThrow("the database is away");
  broken = false;
  expect((await frame.read(NOW)).openLetters).toEqual({ count: 0, more: false });
});
