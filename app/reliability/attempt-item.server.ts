import { z } from "zod";
import type { AttemptStatus, RunAttempt } from "~/generated/prisma/client.ts";

/** What is known of a request: the answer's status and size, the wait for the host's turn, what the host asked to wait. */
export type HttpNotes = {
  status: number | null;
  waitMs: number | null;
  bytes: number | null;
  retryAfterMs: number | null;
};

/** One attempt at a step, or at one request in it; times ISO UTC, lengths in milliseconds. */
export type AttemptItem = {
  id: string;
  /** The step of its run. */
  step: string;
  /** "GET /openapi/market?page=3"; null = the attempt is at the step as a whole. */
  request: string | null;
  /** From 1, by step or by request. */
  number: number;
  startedAt: string;
  durationMs: number;
  status: AttemptStatus;
  code: string | null;
  message: string | null;
  http: HttpNotes;
};

const known = z
  .number()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

const notes = z.object({ status: known, waitMs: known, bytes: known, retryAfterMs: known });

const NOTHING: HttpNotes = { status: null, waitMs: null, bytes: null, retryAfterMs: null };

/** What was noted of a request (`run_attempt.data`); what is not known is null. */
export function httpNotesOf(data: unknown): HttpNotes {
  return notes.catch(NOTHING).parse(data);
}

/** A stored attempt for reading; of a step as a whole nothing is noted. */
export function attemptItemOf({
  id,
  startedAt,
  data,
  ...row
}: Omit<RunAttempt, "runId">): AttemptItem {
  return {
    ...row,
    id: String(id),
    startedAt: startedAt.toISOString(),
    http: httpNotesOf(data),
  };
}
