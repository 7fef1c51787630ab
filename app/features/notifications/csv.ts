import type { CsvColumns } from "~/lib/csv.server.ts";
import type { NotificationItem } from "./queries.server.ts";

/** Columns of /notifications.csv: those of GET /api/v1/notifications; what stands is given in words. */
export const NOTIFICATION_COLUMNS = {
  id: ({ id }) => id,
  kind: ({ kind }) => kind,
  severity: ({ severity }) => severity,
  scope: ({ scope }) => scope,
  title: ({ title }) => title,
  body: ({ body }) => body,
  link: ({ link }) => link,
  createdAt: ({ createdAt }) => createdAt,
  readAt: ({ readAt }) => readAt,
  resolvedAt: ({ resolvedAt }) => resolvedAt,
  incidentId: ({ incidentId }) => incidentId,
  standing: ({ standing }) => standing.map(({ text }) => text),
} satisfies CsvColumns<NotificationItem>;
