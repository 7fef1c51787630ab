const DAY_MS = 86_400_000;

export type RemovedBatch = {
  removed: number;
  /** Where the next batch begins; null = nothing is left. */
  next: number | null;
};

/** A full batch of `size` rows has more behind it. */
export function batchOf(removed: number, size: number): RemovedBatch {
  return { removed, next: removed < size ? null : 0 };
}

export function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * DAY_MS);
}
