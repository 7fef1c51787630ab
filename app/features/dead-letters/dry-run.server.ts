import type { PrismaClient } from "~/generated/prisma/client.ts";
import { type FrozenFilter, freeLetters, lettersOf } from "./letter-filter.ts";
import { MOST_LETTERS } from "./letter-limits.ts";
import { type ReplayTargets, replayEventOf } from "./replay-event.ts";
import { scanLetters } from "./scan.server.ts";

/** Streams of a job that a dry run names. */
const NAMED_STREAMS = 5;
/** Letters that stand for one reason why they cannot be replayed. */
const NAMED_LETTERS = 3;

export type DryRun = {
  /** Letters that a replay would ask for. */
  replayable: number;
  /** There are more than one replay takes. */
  more: boolean;
  /** Letters that a running replay has. */
  taken: number;
  /** What would be asked for, the job with most letters first. */
  jobs: { functionId: string; eventName: string; count: number; streams: string[]; more: number }[];
  /** What cannot be replayed, by reason. */
  refused: { why: string; count: number; letterIds: number[] }[];
};

/** What a replay of the letters of a filter would do; nothing is changed. */
export async function dryRun(
  db: PrismaClient,
  filter: FrozenFilter,
  targets: ReplayTargets,
): Promise<DryRun> {
  const jobs = new Map<string, { eventName: string; count: number; streams: Set<string> }>();
  const refused = new Map<string, number[]>();
  let scanned = 0;
  for await (const letters of scanLetters(db, freeLetters(filter))) {
    scanned += letters.length;
    for (const letter of letters) {
      const event = replayEventOf(letter, targets);
      if ("refused" in event) {
        const ids = refused.get(event.refused) ?? [];
        refused.set(event.refused, ids);
        ids.push(letter.id);
        continue;
      }
      const job = jobs.get(letter.functionId) ?? {
        eventName: event.name,
        count: 0,
        streams: new Set(),
      };
      job.count += 1;
      if (letter.stream !== null) job.streams.add(letter.stream);
      jobs.set(letter.functionId, job);
    }
  }
  const rows = [...jobs].map(([functionId, { eventName, count, streams }]) => ({
    functionId,
    eventName,
    count,
    streams: [...streams].slice(0, NAMED_STREAMS),
    more: Math.max(0, streams.size - NAMED_STREAMS),
  }));
  return {
    replayable: rows.reduce((sum, { count }) => sum + count, 0),
    more: scanned >= MOST_LETTERS,
    taken: await countTaken(db, filter),
    jobs: rows.toSorted((one, other) => other.count - one.count),
    refused: [...refused].map(([why, ids]) => ({
      why,
      count: ids.length,
      letterIds: ids.slice(0, NAMED_LETTERS),
    })),
  };
}

async function countTaken(db: PrismaClient, filter: FrozenFilter): Promise<number> {
  const running = await db.replay.findMany({
    where: { status: "running" },
    select: { id: true },
    take: 100,
  });
  if (running.length === 0) return 0;
  return db.deadLetter.count({
    where: { ...lettersOf(filter), replayId: { in: running.map(({ id }) => id) } },
  });
}

/** How many letters of a filter a discard would take, at most one more than it takes at a time. */
export async function countFree(db: PrismaClient, filter: FrozenFilter): Promise<number> {
  return db.deadLetter.count({ where: freeLetters(filter), take: MOST_LETTERS + 1 });
}
