export type Priority = "live" | "catalog" | "backfill";
export type Pacer = {
  /** Resolves when a request may start. */
  acquire(options: { priority: Priority; signal?: AbortSignal }): Promise<void>;
};
