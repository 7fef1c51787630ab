import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../demo/random.ts";
import type { Effect } from "./engine-effects.ts";
import { type EngineHost, ProcessGoneError } from "./engine-host.ts";
import { KINDS } from "./engine-kinds.ts";

const LARGEST_REQUEST = 12;
const KEYS = 5;
const LONGEST_PAUSE_MS = 8;
/** How long after its start a run is cancelled at most. */
const STOP_WITHIN_MS = 500;
const NUDGE_EVERY_MS = 250;

/** One request to the event API, sent until an answer has come. */
type Post = {
  events: { name: string; id?: string; data: { n: number; key?: string } }[];
  seed: string | null;
  /** What its events start; null = they go to runs that are there. */
  starts: Start[] | null;
  /** Not sent before; epoch milliseconds. */
  notBefore: number;
};

type Start = { kind: string; n: number };

export type Traffic = {
  /** What was taken. */
  sent: Start[];
  /** When the event that cancels a run was taken, by the run's number. */
  stoppedAt: Map<number, number>;
  /**
   * Sends to a process what is due, until it is gone or nothing is left; a request without an answer goes to another as it was.
   * @param runs how many of the remaining runs this process may start
   */
  sendTo(host: EngineHost, runs: number): Promise<void>;
};

/** Starts runs of every kind in turn, cancels what is to be cancelled and wakes what waits. */
export function createTraffic(options: {
  random: Random;
  runs: number;
  effects(): Effect[];
}): Traffic {
  const { random } = options;
  const starts = makeStarts(random, options.runs);
  const followUps: Post[] = [];
  const waiting = new Set<number>();
  const sent: Start[] = [];
  const stoppedAt = new Map<number, number>();
  let turn = 0;
  let onTheWay = 0;

  function taken(post: Post, at: number): void {
    for (const { data } of post.starts ? [] : post.events) stoppedAt.set(data.n, at);
    for (const start of post.starts ?? []) {
      sent.push(start);
      if (start.kind === "waiter") waiting.add(start.n);
      if (start.kind === "stopped") {
        followUps.push(makeStop(start.n, at + random.between(0, STOP_WITHIN_MS)));
      }
    }
  }

  function takePost(mayStart: boolean): Post | undefined {
    const due = followUps.findIndex(({ notBefore }) => notBefore <= Date.now());
    if (due >= 0) return followUps.splice(due, 1)[0];
    return mayStart ? starts.shift() : undefined;
  }

  async function sendPost(host: EngineHost, post: Post): Promise<void> {
    onTheWay++;
    try {
      if (await answered(host.send(post.events, post.seed))) taken(post, Date.now());
      else (post.starts ? starts : followUps).unshift(post);
    } finally {
      onTheWay--;
    }
  }

  /** An event before the wait does not count, so it is sent until it has been seen. */
  async function nudge(host: EngineHost): Promise<void> {
    for (const { functionId, step, n } of options.effects()) {
      if (functionId === "waiter" && step === "b") waiting.delete(n);
    }
    turn++;
    const events = [...waiting].map((n) => ({ name: "chaos/go", data: { n, turn } }));
    if (events.length > 0) await answered(host.send(events, null));
  }

  return {
    sent,
    stoppedAt,
    async sendTo(host, runs) {
      let nudgedAt = 0;
      let left = runs;
      const remaining = () => starts.length + followUps.length + waiting.size + onTheWay;
      while (host.killedAt === null && remaining() > 0) {
        const post = takePost(left > 0);
        left -= post?.starts?.length ?? 0;
        if (post) await sendPost(host, post);
        if (Date.now() - nudgedAt > NUDGE_EVERY_MS) {
          nudgedAt = Date.now();
          await nudge(host);
        }
        await sleep(Math.random() * LONGEST_PAUSE_MS);
      }
    },
  };
}

/** Requests of random size; half of them are known again by the ids of their events, the others by their seed. */
function makeStarts(random: Random, runs: number): Post[] {
  const kinds = Object.keys(KINDS);
  const posts: Post[] = [];
  for (let n = 0; n < runs; ) {
    const seeded = random.chance(0.5);
    const size = Math.min(random.int(1, LARGEST_REQUEST), runs - n);
    const batch = Array.from({ length: size }, (_, index) => ({
      n: n + index,
      kind: kinds[(n + index) % kinds.length] ?? "",
    }));
    posts.push({
      starts: batch,
      seed: seeded ? makeSeed(random) : null,
      notBefore: 0,
      events: batch.map(({ kind, n }) => ({
        name: `chaos/${kind}`,
        data: { n, key: `key-${random.int(1, KEYS)}` },
        ...(!seeded && { id: `start-${n}` }),
      })),
    });
    n += size;
  }
  return posts;
}

function makeStop(n: number, notBefore: number): Post {
  const events = [{ name: "chaos/stop", id: `stop-${n}`, data: { n } }];
  return { events, seed: null, starts: null, notBefore };
}

/** As the SDK makes them: the time and ten bytes. */
function makeSeed(random: Random): string {
  const bytes = Buffer.from(Array.from({ length: 10 }, () => random.int(0, 255)));
  return `${Date.now()},${bytes.toString("base64")}`;
}

/** False = the process went before its answer came: nobody knows whether the request has had its effect. */
async function answered(sending: Promise<void>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (error instanceof ProcessGoneError) return false;
    throw error;
  }
}
