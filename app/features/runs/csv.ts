import type { CsvColumns } from "~/lib/csv.server.ts";
import type { RunItem } from "./list.server.ts";

/** Columns of /runs.csv: those of GET /api/v1/runs. */
export const RUN_COLUMNS = {
  id: ({ id }) => id,
  functionId: ({ functionId }) => functionId,
  status: ({ status }) => status,
  eventName: ({ eventName }) => eventName,
  createdAt: ({ createdAt }) => createdAt,
  startedAt: ({ startedAt }) => startedAt,
  endedAt: ({ endedAt }) => endedAt,
  stepCount: ({ stepCount }) => stepCount,
  pending: ({ pending }) => pending,
  error: ({ error }) => error,
} satisfies CsvColumns<RunItem>;
