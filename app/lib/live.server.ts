import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { LIVE_CHANNEL, LIVE_TOPICS, type LiveTopic } from "~/lib/live-topics.ts";

/**
 * SQL expression for the statement that makes a change: once its transaction is committed, the open pages that show the topic are told.
 * Its value is null or empty. Told twice in one transaction is told once.
 * @param condition SQL; false = nothing has changed
 */
export function announce(topic: LiveTopic, condition: Prisma.Sql = Prisma.sql`true`): Prisma.Sql {
  return Prisma.sql`CASE WHEN ${condition} THEN pg_notify(${LIVE_CHANNEL}, ${topic})::text END`;
}

/** `announce` as a statement of its own, for a transaction whose changes are made through the ORM. */
export function announcement(db: Pick<PrismaClient, "$executeRaw">, topic: LiveTopic) {
  return db.$executeRaw`SELECT ${announce(topic)}`;
}

/** Changes that come within this time of the last event are told together at its end. */
const THROTTLE_MS = 150;
const HEARTBEAT_MS = 15_000;
const MAX_CLIENTS = 1_000;
/** Events that may wait in a stream; a client that is slower gets the topics of the later ones as one event. */
const QUEUED_EVENTS = 4;
/** A page's age is measured by the browser; the way of its request is not in it. */
const AGE_SLACK_MS = 500;

export type Live = {
  /** Something of a topic has changed; other words than topics are ignored. */
  changed(topic: string): void;
  /** Anything may have changed. */
  allChanged(): void;
  /**
   * A stream of server-sent events for one client: `hello`, then `change` with the topics that have changed, and `heartbeat`.
   * @param client.ageMs the data it shows was asked for so long ago; what has changed since is told at once
   * @param client.signal ends the stream
   * @returns null when there are too many clients or the server stops
   */
  open(client: {
    topics: readonly LiveTopic[];
    ageMs?: number;
    signal: AbortSignal;
  }): ReadableStream<Uint8Array> | null;
  clients(): number;
  /** Ends every stream; no other is opened. */
  close(): void;
};

type Client = {
  topics: readonly LiveTopic[];
  pending: Set<LiveTopic>;
  controller: ReadableStreamDefaultController<Uint8Array>;
};

/** Tells the clients of this process of changes: the first at once, those that follow it closely together. */
export function createLive({ maxClients = MAX_CLIENTS }: { maxClients?: number } = {}): Live {
  const clients = new Set<Client>();
  const pending = new Set<LiveTopic>();
  const changedAt = new Map(LIVE_TOPICS.map((topic) => [topic, performance.now()]));
  let throttle: NodeJS.Timeout | undefined;
  let closed = false;
  const heartbeat = setInterval(() => {
    for (const { controller } of clients) if (hasRoom(controller)) controller.enqueue(HEARTBEAT);
  }, HEARTBEAT_MS).unref();

  function flush() {
    throttle = undefined;
    if (pending.size === 0 || closed) return;
    for (const client of clients) tell(client, pending);
    pending.clear();
    throttle = setTimeout(flush, THROTTLE_MS).unref();
  }

  function changed(...topics: LiveTopic[]) {
    for (const topic of topics) {
      changedAt.set(topic, performance.now());
      pending.add(topic);
    }
    if (!throttle) flush();
  }

  function begin(client: Client, ageMs: number | undefined) {
    clients.add(client);
    client.controller.enqueue(eventOf("hello", client.topics));
    if (ageMs === undefined) return;
    const since = performance.now() - ageMs - AGE_SLACK_MS;
    tell(client, new Set(LIVE_TOPICS.filter((topic) => (changedAt.get(topic) ?? 0) > since)));
  }

  return {
    changed: (topic) => {
      if (isTopic(topic)) changed(topic);
    },
    allChanged: () => changed(...LIVE_TOPICS),
    open({ topics, ageMs, signal }) {
      if (closed || clients.size >= maxClients) return null;
      let client: Client;
      const leave = () => {
        if (!clients.delete(client)) return;
        client.controller.close();
      };
      signal.addEventListener("abort", leave, { once: true });
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            client = { topics, pending: new Set(), controller };
            begin(client, ageMs);
            if (signal.aborted) leave();
          },
          pull: () => tell(client, NOTHING),
          cancel: () => void clients.delete(client),
        },
        { highWaterMark: QUEUED_EVENTS },
      );
    },
    clients: () => clients.size,
    close() {
      closed = true;
      clearInterval(heartbeat);
      clearTimeout(throttle);
      for (const { controller } of clients) controller.close();
      clients.clear();
    },
  };
}

const NOTHING: ReadonlySet<LiveTopic> = new Set();

/** Tells a client what it shows of the topics, and of those it had no room for before. */
function tell({ topics, pending, controller }: Client, changed: ReadonlySet<LiveTopic>) {
  for (const topic of topics) if (changed.has(topic)) pending.add(topic);
  if (pending.size === 0 || !hasRoom(controller)) return;
  const event = eventOf("change", [...pending]);
  // Before it is queued: the stream may ask for more on the spot.
  pending.clear();
  controller.enqueue(event);
}

function hasRoom({ desiredSize }: ReadableStreamDefaultController): boolean {
  return (desiredSize ?? 0) > 0;
}

const encoder = new TextEncoder();
// An event without data would not reach the page.
const HEARTBEAT = eventOf("heartbeat", []);

function eventOf(name: string, topics: readonly LiveTopic[]): Uint8Array {
  return encoder.encode(`event: ${name}\ndata: ${JSON.stringify(topics)}\n\n`);
}

function isTopic(word: string): word is LiveTopic {
  return (LIVE_TOPICS as readonly string[]).includes(word);
}
