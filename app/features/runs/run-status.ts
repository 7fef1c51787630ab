export const RUN_STATUSES = ["queued", "running", "completed", "failed", "cancelled"] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

/** Whether a run may still change. */
export function isOpen(status: RunStatus): boolean {
  return status === "queued" || status === "running";
}
