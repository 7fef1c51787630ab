import type { CsvColumns } from "~/lib/csv.server.ts";
import type { LetterItem } from "./queries.server.ts";

/** Columns of /dead-letters.csv: those of GET /api/v1/dead-letters. */
export const LETTER_COLUMNS = {
  id: ({ id }) => id,
  status: ({ status }) => status,
  failedAt: ({ failedAt }) => failedAt,
  functionId: ({ functionId }) => functionId,
  stream: ({ stream }) => stream,
  errorCode: ({ errorCode }) => errorCode,
  errorMessage: ({ errorMessage }) => errorMessage,
  fingerprint: ({ fingerprint }) => fingerprint,
  runId: ({ runId }) => runId,
  idempotencyKey: ({ idempotencyKey }) => idempotencyKey,
  correlationId: ({ correlationId }) => correlationId,
  replayId: ({ replayId }) => replayId,
  requestedAt: ({ requestedAt }) => requestedAt,
  replayRunId: ({ replayRunId }) => replayRunId,
  nextId: ({ nextId }) => nextId,
  resolvedAt: ({ resolvedAt }) => resolvedAt,
  discardReason: ({ discardReason }) => discardReason,
  discardKey: ({ discardKey }) => discardKey,
} satisfies CsvColumns<LetterItem>;
