import { z } from "zod";
import type { CsvColumns } from "~/lib/csv.server.ts";
import type { StepItem } from "./steps.server.ts";

/** What the steps of a run can be chosen by, as search parameters. */
export const stepFields = z.strictObject({
  steps: z.literal("failed", "must be failed").optional(),
});

/** Columns of the file of a run's steps: those of GET /api/v1/syncs/{id}/steps. */
export const STEP_COLUMNS = {
  key: ({ key }) => key,
  wallet: ({ whale }) => whale?.address,
  whaleLabel: ({ whale }) => whale?.label,
  status: ({ status }) => status,
  startedAt: ({ startedAt }) => startedAt,
  finishedAt: ({ finishedAt }) => finishedAt,
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
} satisfies CsvColumns<StepItem>;
