import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { addressOf } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { claimDueWhales } from "./claim.server.ts";
import { followWhale, unfollowWhale } from "./commands.server.ts";
import { importWhales, previewImport } from "./import.server.ts";
import { parseImport } from "./import.ts";

const NOW = new Date("2026-03-01T12:00:00.000Z");
const clock = { now: () => NOW.getTime() };

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  const before = new Date("2026-02-01T00:00:00.000Z");
  const whale = { venue: "opinion", source: "leaderboard", followedAt: before } as const;
  await db.whale.createMany({
    data: [
      { ...whale, address: addressOf(1), label: "Kept" },
      { ...whale, address: addressOf(2), label: "Old" },
      { ...whale, address: addressOf(3), followed: false },
    ],
  });
});

const LIST = [
  `${addressOf(1)},Kept`,
  `${addressOf(2)},New name`,
  `${addressOf(3)},Third`,
  `${addressOf(4)},Fourth`,
  addressOf(5),
  "nonsense",
].join("\n");

const parsed = (text = LIST) => parseImport(text, ["opinion"]);
const whales = () => db.whale.findMany({ orderBy: { address: "asc" } });

test("a preview says what would happen to each wallet, those that change first, and stores nothing", async () => {
  const before = await whales();
  const { counts, wallets, problems } = await previewImport(db, parsed());
  expect(counts).toEqual({
    new: 2,
    refollow: 1,
    followed: 2,
    labelled: 1,
    relabel: 1,
    problems: 1,
  });
  expect(wallets.map(({ line, effect, oldLabel }) => [line, effect, oldLabel])).toEqual([
    [2, "followed", "Old"],
    [3, "refollow", null],
    [4, "new", null],
    [5, "new", null],
    [1, "followed", null],
  ]);
  expect(problems.map(({ line }) => line)).toEqual([6]);
  expect(await whales()).toEqual(before);
});

test("an import follows what is not followed, keeps who found the others, and done again changes nothing", async () => {
  const services = { db, clock };
  const { rows } = parsed();
  expect(await importWhales(services, rows, { relabel: true })).toEqual({
    created: 2,
    refollowed: 1,
    relabelled: 2,
    unchanged: 1,
  });
  const after = await whales();
  expect(
    after.map(({ label, source, followed, followedAt }) => [
      label,
      source,
      followed,
      followedAt?.getTime() === NOW.getTime(),
    ]),
  ).toEqual([
    ["Kept", "leaderboard", true, false],
    ["New name", "leaderboard", true, false],
    ["Third", "leaderboard", true, true],
    ["Fourth", "imported", true, true],
    [null, "imported", true, true],
  ]);
  expect(await importWhales(services, rows, { relabel: true })).toEqual({
    created: 0,
    refollowed: 0,
    relabelled: 0,
    unchanged: 5,
  });
  expect(await whales()).toEqual(after);
});

test("without leave to replace labels only missing ones are filled", async () => {
  await importWhales({ db, clock }, parsed().rows, { relabel: false });
  expect((await whales()).map(({ label }) => label)).toEqual([
    "Kept",
    "Old",
    "Third",
    "Fourth",
    null,
  ]);
});

test("a list of many batches is stored whole, and two imports at once count each wallet once", async () => {
  const text = Array.from({ length: 1_203 }, (_, n) => addressOf(10 + n)).join("\n");
  const backwards = text.split("\n").toReversed().join("\n");
  const counts = await Promise.all(
    [text, backwards].map((list) =>
      importWhales({ db, clock }, parsed(list).rows, { relabel: true }),
    ),
  );
  expect(counts.reduce((sum, { created }) => sum + created, 0)).toBe(1_203);
  expect(await db.whale.count({ where: { source: "imported" } })).toBe(1_203);
});

test("wallets that are imported or followed again are due at once, however long they would have waited", async () => {
  const later = new Date(NOW.getTime() + 3_600_000);
  for (const number of [1, 2, 3]) {
    const stream = { venue: "opinion", kind: "trades", wallet: addressOf(number) };
    await db.streamState.create({ data: { ...stream, nextDueAt: later } });
  }
  const { id } = await db.whale.findFirstOrThrow({ where: { address: addressOf(2) } });
  await unfollowWhale(db, id);
  await followWhale(
    { db, clock, venues: [{ id: "opinion" }] },
    { venue: "opinion", address: addressOf(2) },
  );
  await importWhales({ db, clock }, parsed().rows, { relabel: true });
  const log = await db.syncLog.create({
    data: {
      runId: "run",
      type: "whales",
      trigger: "cron",
      startedAt: NOW,
      deadlineAt: later,
      correlationId: "c",
    },
  });
  const due = await claimDueWhales(db, {
    syncLogId: log.id,
    venue: "opinion",
    everyone: false,
    now: NOW,
    claimedUntil: later,
  });
  expect(due.map(({ address }) => address).toSorted()).toEqual([2, 3, 4, 5].map(addressOf));
});
