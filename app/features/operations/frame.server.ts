import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { LiveTopic } from "~/lib/live-topics.ts";
import { type CappedCount, countOpen } from "../dead-letters/queries.server.ts";
import { getUnread, type Unread } from "../notifications/queries.server.ts";
import { type Freshness, freshnessOf, readDataJobs } from "../syncs/freshness.server.ts";

/** Open letters that the navigation counts. */
const MOST_LETTERS = 99;

/** How long the facts are kept where no change of them is told, in milliseconds: an open page asks for them as often. */
const KEPT_MS = 10_000;

/** What the frame of every page tells. */
export type Frame = Freshness & { unread: Unread; openLetters: CappedCount };

/** Gives what the frame tells at a time (epoch milliseconds). */
export type FrameReader = (now: number) => Promise<Frame>;

type Facts = Awaited<ReturnType<typeof readFacts>>;

/** Reads what the frame tells at a time (epoch milliseconds). */
export async function readFrame(db: PrismaClient, now: number): Promise<Frame> {
  return frameOf(await readFacts(db), now);
}

/**
 * Makes the reader of the process. It keeps what it has read until `changed` tells it of a change: without one, a page asks nothing of
 * the database for its frame.
 */
export function createFrame(db: PrismaClient): {
  read: FrameReader;
  /** To be told the topic of every change. */
  changed(topic: string): void;
  /** Anything may have changed. */
  allChanged(): void;
} {
  let kept: { at: number; facts: Promise<Facts> } | null = null;
  const forget = () => {
    kept = null;
  };
  const factsNow = () => {
    const at = performance.now();
    if (kept && at < kept.at + KEPT_MS) return kept.facts;
    const made = { at, facts: readFacts(db) };
    kept = made;
    // Whoever asked is told of the failure; whoever asks next tries again.
    made.facts.catch(() => {
      if (kept === made) forget();
    });
    return made.facts;
  };
  return {
    read: async (now) => frameOf(await factsNow(), now),
    changed: (topic) => {
      if (SHOWN.has(topic)) forget();
    },
    allChanged: forget,
  };
}

const SHOWN: ReadonlySet<string> = new Set<LiveTopic>(["syncs", "notifications", "dead-letters"]);

async function readFacts(db: PrismaClient) {
  const [jobs, unread, openLetters] = await Promise.all([
    readDataJobs(db),
    getUnread(db),
    countOpen(db, MOST_LETTERS),
  ]);
  return { jobs, unread, openLetters };
}

function frameOf({ jobs, unread, openLetters }: Facts, now: number): Frame {
  return { ...freshnessOf(jobs, now), unread, openLetters };
}
