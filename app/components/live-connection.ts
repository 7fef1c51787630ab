import type { LiveTopic } from "~/lib/live-topics.ts";

/** `closed` = the page is not kept up to date: it asks for nothing, or nobody looks at it. */
export type LiveState = "connecting" | "live" | "reconnecting" | "closed";

/** What a stream of server-sent events reports. */
export type StreamEvents = {
  hello(): void;
  changed(): void;
  heartbeat(): void;
  failed(): void;
};

export type LiveConnectionOptions = {
  /** Opens the stream at a path; `close` ends it without a report. */
  open(path: string, events: StreamEvents): { close(): void };
  onState(state: LiveState): void;
  /** What the page shows may be out of date. */
  onStale(): void;
  /** Milliseconds that only grow. */
  now(): number;
  /** 0 to 1. */
  random(): number;
};

export type LiveConnection = {
  /**
   * Watches these topics from now on, none = nothing.
   * @param loadedAt when the data that the page shows was asked for, in terms of `now`
   */
  watch(topics: readonly LiveTopic[], loadedAt: number): void;
  setVisible(visible: boolean): void;
  /** The network has come or gone: whether the server is reached shows by asking it. */
  networkChanged(): void;
  stop(): void;
};

/** Without an event for so long the connection is taken for dead; heartbeats come every 15 s. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * Keeps one stream open while there is something to watch and somebody to see it, opens it again when it breaks, and asks for the page
 * to be loaded anew after every stretch in which a change could have been missed.
 */
export function createLiveConnection(options: LiveConnectionOptions): LiveConnection {
  let topics: readonly LiveTopic[] = [];
  let loadedAt = 0;
  let visible = true;
  let stream: { close(): void } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  /** A stream was lost, or could not be opened, since the page was last known to be up to date. */
  let missed = false;

  function drop() {
    clearTimeout(timer);
    stream?.close();
    stream = null;
  }

  function wait(ms: number, then: () => void) {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }

  function connect() {
    drop();
    if (topics.length === 0 || !visible) return options.onState("closed");
    options.onState(missed ? "reconnecting" : "connecting");
    // Events of a stream that was dropped are nobody's business any more.
    const current = (act: () => void) => () => {
      if (stream === opened) act();
    };
    const opened = options.open(pathOf(topics, options.now() - loadedAt), {
      hello: current(() => {
        failures = 0;
        options.onState("live");
        if (missed) options.onStale();
        missed = false;
        wait(SILENCE_MS, fail);
      }),
      changed: current(() => {
        options.onStale();
        wait(SILENCE_MS, fail);
      }),
      heartbeat: current(() => wait(SILENCE_MS, fail)),
      failed: current(fail),
    });
    stream = opened;
    wait(SILENCE_MS, fail);
  }

  function fail() {
    drop();
    missed = true;
    options.onState("reconnecting");
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    wait(longest / 2 + (options.random() * longest) / 2, connect);
  }

  return {
    watch(wanted, since) {
      const same = wanted.join() === topics.join();
      topics = wanted;
      loadedAt = since;
      if (!same || !stream) connect();
    },
    setVisible(now) {
      if (now === visible) return;
      visible = now;
      missed = true;
      failures = 0;
      connect();
    },
    networkChanged() {
      if (topics.length === 0 || !visible) return;
      missed = true;
      failures = 0;
      connect();
    },
    stop: drop,
  };
}

function pathOf(topics: readonly LiveTopic[], age: number): string {
  return `/live?topics=${topics.join()}&age=${Math.max(0, Math.round(age))}`;
}
