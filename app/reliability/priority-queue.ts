/** Most urgent first. */
const PRIORITIES = ["live", "catalog", "backfill"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How many turns of others a priority lets pass while it waits: the share it keeps under any load. */
const PATIENCE: Record<Priority, number> = {
  live: Number.POSITIVE_INFINITY,
  catalog: 4,
  backfill: 9,
};

export type PriorityQueue<Item> = {
  push(priority: Priority, item: Item): void;
  /** Removes and returns whose turn it is; undefined = nobody waits. */
  take(): Item | undefined;
  /** Removes one that gave up. */
  remove(priority: Priority, item: Item): void;
  /** Removes all, most urgent first. */
  clear(): Item[];
  sizes(): Record<Priority, number>;
};

/**
 * First come, first served inside a priority; between them the most urgent goes first, except that `backfill` gets at least every
 * tenth turn and `catalog` at least every sixth while they wait.
 */
export function createPriorityQueue<Item>(): PriorityQueue<Item> {
  const lines: Record<Priority, Item[]> = { live: [], catalog: [], backfill: [] };
  const passedOver: Record<Priority, number> = { live: 0, catalog: 0, backfill: 0 };

  return {
    push(priority, item) {
      lines[priority].push(item);
    },
    take() {
      const waiting = PRIORITIES.filter((priority) => lines[priority].length > 0);
      const overdue = waiting.filter((priority) => passedOver[priority] >= PATIENCE[priority]);
      const chosen = overdue.at(-1) ?? waiting[0];
      if (!chosen) return undefined;
      for (const priority of PRIORITIES) {
        const waitsOn = priority !== chosen && lines[priority].length > 0;
        passedOver[priority] = waitsOn ? passedOver[priority] + 1 : 0;
      }
      return lines[chosen].shift();
    },
    remove(priority, item) {
      const place = lines[priority].indexOf(item);
      if (place >= 0) lines[priority].splice(place, 1);
    },
    clear: () => PRIORITIES.flatMap((priority) => lines[priority].splice(0)),
    sizes: () => ({
      live: lines.live.length,
      catalog: lines.catalog.length,
      backfill: lines.backfill.length,
    }),
  };
}
