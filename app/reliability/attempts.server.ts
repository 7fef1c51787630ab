import type { PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb, toStorable } from "~/lib/jsonb.ts";
import type { Logger } from "~/lib/logger.server.ts";
import type { ErrorCode, ResultKind } from "./errors.ts";

/** One attempt at a step, or at one request in it, when it has ended. */
export type AttemptRecord = {
  /** "GET /openapi/market?page=3": method, path and query, without host and secrets; null = the step as a whole. */
  request: string | null;
  /** From 1, counted by step or by request. */
  number: number;
  startedAt: Date;
  /** The whole attempt, waiting for the host's turn included (`data.waitMs`), the delay before the next one not. */
  durationMs: number;
  /** A failure is worth another attempt, or is not. */
  status: ResultKind;
  code: ErrorCode | null;
  message: string | null;
  /** Of a request: { status, waitMs, bytes, retryAfterMs }, what is known of them. */
  data: Record<string, unknown> | null;
};

/** Where the attempts at one thing are recorded. */
export type AttemptLog = { record(attempt: AttemptRecord): Promise<void> };

/**
 * The attempts at one step of a run, one row each, without the secrets that `redact` knows. A log that cannot be written is told to
 * the logger as an error and fails nothing: the work counts, not its history.
 */
export function createAttemptLog(
  db: PrismaClient,
  step: { runId: number; step: string; logger: Logger; redact: (text: string) => string },
): AttemptLog {
  const { runId, step: name, logger, redact } = step;
  return {
    async record({ startedAt, durationMs, data, ...attempt }) {
      const request = attempt.request && redact(attempt.request);
      const message = attempt.message && redact(toStorable(attempt.message));
      try {
        const known = data && redact(toJsonb(data));
        await db.$executeRaw`
          INSERT INTO run_attempt
            (run_id, step, request, number, started_at, duration_ms, status, code, message, data)
          VALUES (${runId}, ${name}, ${request}, ${attempt.number}, ${startedAt}, ${Math.round(durationMs)},
            ${attempt.status}::attempt_status, ${attempt.code}, ${message}, ${known}::jsonb)`;
      } catch (error) {
        logger.error(
          { err: error, runId, step: name, request, number: attempt.number, code: attempt.code },
          "an attempt could not be recorded",
        );
      }
    },
  };
}
