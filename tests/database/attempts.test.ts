import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { systemClock } from "~/lib/clock.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { createAttemptLog } from "~/reliability/attempts.server.ts";
import { createError } from "~/reliability/errors.ts";
import { ensureIdempotent } from "~/reliability/idempotency.server.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import { executeWithRetry, type Preset } from "~/reliability/retry.server.ts";
import { testDatabase } from "../database.ts";

const TOKEN = "admin-token-0123456789";
const redact = createRedactor({ ADMIN_TOKEN: TOKEN });
const quick: Preset = { attempts: 3, startingDelayMs: 1, maxDelayMs: 1 };

let db: PrismaClient;
let runId: number;
let lines: string[];
beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  const now = new Date();
  const start = { action: "sync-markets", idempotencyKey: "1", correlationId: "1" };
  const run = await ensureIdempotent(db, { ...start, inngestRunId: "1", now, expiresAt: now });
  runId = run.id;
  lines = [];
});

const logOf = (id: number) => {
  const logger = createLogger("warn", redact, { write: (line) => void lines.push(line) });
  return createAttemptLog(db, { runId: id, step: "page-1", logger, redact });
};

test("each attempt is one row with what is known of it, and without secrets wherever they stand", async () => {
  const errors: unknown[] = [
    createError("INVALID_RESPONSE", "internal", { userMessage: `said ${TOKEN} \0` }),
    new TypeError("boom", { cause: new Error(TOKEN) }),
  ];
  const step = { log: logOf(runId), clock: systemClock, request: `GET /m?key=${TOKEN}` };
  const result = await executeWithRetry(
    step,
    async ({ number, note }) => {
      note({ status: 200, waitMs: number, bytes: 12, header: `Bearer ${TOKEN}` });
      const error = errors.shift();
      if (error) throw error;
      return "done";
    },
    quick,
  );
  expect(result).toBe("done");
  const rows = await db.runAttempt.findMany({ orderBy: { id: "asc" } });
  const same = { runId, step: "page-1", request: "GET /m?key=[redacted]" };
  const noted = { status: 200, bytes: 12, header: "Bearer [redacted]" };
  expect(rows).toMatchObject([
    {
      ...same,
      number: 1,
      status: "retryable",
      code: "INVALID_RESPONSE",
      message: "said [redacted] \ufffd",
      data: { ...noted, waitMs: 1 },
    },
    { ...same, number: 2, status: "retryable", code: "UNEXPECTED_ERROR", message: "boom" },
    { ...same, number: 3, status: "success", code: null, message: null },
  ]);
  for (const { durationMs, startedAt } of rows) {
    expect(durationMs).toBeGreaterThanOrEqual(0);
    expect(Math.abs(startedAt.getTime() - Date.now())).toBeLessThan(10_000);
  }
  expect(lines).toEqual([]);
});

test("a failure that no attempt can mend is one fatal row", async () => {
  const error = createError("INVALID_INPUT", "no such wallet");
  const step = { log: logOf(runId), clock: systemClock };
  await expect(
    executeWithRetry(step, () => Promise.reject(error), { ...quick, attempts: 5 }),
  ).rejects.toBe(error);
  expect(await db.runAttempt.findMany()).toMatchObject([
    { request: null, number: 1, status: "fatal", code: "INVALID_INPUT", data: null },
  ]);
});

test("a log that cannot be written is told as an error and fails nothing", async () => {
  const step = { log: logOf(runId + 1), clock: systemClock, request: "GET /market" };
  expect(await executeWithRetry(step, async () => "done", quick)).toBe("done");
  const endless: Record<string, unknown> = {};
  endless.self = endless;
  const unwritable = { log: logOf(runId), clock: systemClock };
  expect(
    await executeWithRetry(
      unwritable,
      async ({ note }) => {
        note(endless);
        return "done";
      },
      quick,
    ),
  ).toBe("done");
  expect(await db.runAttempt.count()).toBe(0);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 50, msg: "an attempt could not be recorded", request: "GET /market", number: 1 },
    { level: 50, msg: "an attempt could not be recorded" },
  ]);
});
