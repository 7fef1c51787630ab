import type { CsvColumns } from "~/lib/csv.server.ts";
import type { SyncItem } from "./queries.server.ts";

/** Columns of /syncs.csv: those of GET /api/v1/syncs. */
export const SYNC_COLUMNS = {
  id: ({ id }) => id,
  type: ({ type }) => type,
  venue: ({ venue }) => venue,
  trigger: ({ trigger }) => trigger,
  status: ({ status }) => status,
  startedAt: ({ startedAt }) => startedAt,
  finishedAt: ({ finishedAt }) => finishedAt,
  partsTotal: ({ partsTotal }) => partsTotal,
  partsDone: ({ partsDone }) => partsDone,
  partsFailed: ({ partsFailed }) => partsFailed,
  requests: ({ requests }) => requests,
  pages: ({ pages }) => pages,
  fetched: ({ fetched }) => fetched,
  created: ({ created }) => created,
  updated: ({ updated }) => updated,
  duplicate: ({ duplicate }) => duplicate,
  quarantined: ({ quarantined }) => quarantined,
  errorCode: ({ errorCode }) => errorCode,
  errorMessage: ({ errorMessage }) => errorMessage,
  note: ({ note }) => note,
  correlationId: ({ correlationId }) => correlationId,
} satisfies CsvColumns<SyncItem>;
