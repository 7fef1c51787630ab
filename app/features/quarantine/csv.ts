import type { CsvColumns } from "~/lib/csv.server.ts";
import type { QuarantineItem } from "./queries.server.ts";

/** Columns of /quarantine.csv: those of GET /api/v1/quarantine; `payload` is JSON. */
export const QUARANTINE_COLUMNS = {
  id: ({ id }) => id,
  venue: ({ venue }) => venue,
  kind: ({ kind }) => kind,
  wallet: ({ wallet }) => wallet,
  status: ({ status }) => status,
  path: ({ path }) => path,
  message: ({ message }) => message,
  firstSeenAt: ({ firstSeenAt }) => firstSeenAt,
  lastSeenAt: ({ lastSeenAt }) => lastSeenAt,
  healedAt: ({ healedAt }) => healedAt,
  payload: ({ payload }) => JSON.stringify(payload),
} satisfies CsvColumns<QuarantineItem>;
