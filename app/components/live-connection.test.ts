import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  createLiveConnection,
  type LiveConnection,
  type LiveState,
  type StreamEvents,
} from "./live-connection.ts";

type Stream = StreamEvents & { path: string; closed: boolean };

let streams: Stream[];
let states: LiveState[];
let stale: number;
let live: LiveConnection;

beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  states = [];
  stale = 0;
  live = createLiveConnection({
    open(path, events) {
      const stream = { path, closed: false, ...events };
      streams.push(stream);
      return {
        close: () => {
          stream.closed = true;
        },
      };
    },
    onState: (state) => states.push(state),
    onStale: () => {
      stale++;
    },
    now: () => performance.now(),
    random: () => 1,
  });
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

function last(): Stream {
  const stream = streams.at(-1);
  if (!stream) throw new Error("No stream was opened.");
  return stream;
}

const open = () => streams.filter(({ closed }) => !closed);

describe("watching", () => {
  test("a page opens one stream for its topics and says how old its data is", () => {
    const loadedAt = performance.now();
    vi.advanceTimersByTime(800);
    live.watch(["trades", "syncs"], loadedAt);
    expect(streams.map(({ path }) => path)).toEqual(["/live?topics=trades,syncs&age=800"]);
    last().hello();
    expect(states).toEqual(["connecting", "live"]);
    expect(stale).toBe(0);
    last().changed();
    expect(stale).toBe(1);
  });

  test("another page with the same topics keeps the stream, one with others opens its own", () => {
    live.watch(["trades"], 0);
    last().hello();
    live.watch(["trades"], 0);
    expect(streams).toHaveLength(1);
    live.watch(["markets"], 0);
    expect(open().map(({ path }) => path)).toEqual([expect.stringContaining("topics=markets&")]);
    last().hello();
    expect(stale).toBe(0);
  });

  test("a page that shows nothing live has no stream", () => {
    live.watch([], 0);
    expect(states).toEqual(["closed"]);
    live.watch(["trades"], 0);
    live.watch([], 0);
    expect(open()).toEqual([]);
    expect(states.at(-1)).toBe("closed");
  });

  test("what a stream that was left reports late is nobody's business", () => {
    live.watch(["trades"], 0);
    const left = last();
    live.watch(["markets"], 0);
    left.changed();
    left.failed();
    expect(stale).toBe(0);
    expect(open()).toHaveLength(1);
  });
});

describe("a broken stream", () => {
  test("is opened again, and the page is loaded anew once", () => {
    live.watch(["trades"], 0);
    last().hello();
    last().failed();
    expect(states.at(-1)).toBe("reconnecting");
    vi.advanceTimersByTime(500);
    expect(open()).toHaveLength(1);
    expect(stale).toBe(0);
    last().hello();
    expect(states.at(-1)).toBe("live");
    expect(stale).toBe(1);
    last().heartbeat();
    expect(stale).toBe(1);
  });

  test("is tried after longer and longer waits, at most 30 s, and quickly again once it has worked", () => {
    live.watch(["trades"], 0);
    const waits = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    for (const ms of waits) {
      last().failed();
      const before = streams.length;
      vi.advanceTimersByTime(ms - 1);
      expect(streams.length, `${ms} ms`).toBe(before);
      vi.advanceTimersByTime(1);
      expect(streams.length, `${ms} ms`).toBe(before + 1);
    }
    last().hello();
    last().failed();
    vi.advanceTimersByTime(500);
    expect(open()).toHaveLength(1);
  });

  test("that is silent for 45 s is taken for broken", () => {
    live.watch(["trades"], 0);
    last().hello();
    for (let n = 0; n < 10; n++) {
      vi.advanceTimersByTime(15_000);
      last().heartbeat();
    }
    expect(streams).toHaveLength(1);
    vi.advanceTimersByTime(45_000);
    expect(states.at(-1)).toBe("reconnecting");
    expect(streams[0]?.closed).toBe(true);
  });

  test("that never answers is given up, too", () => {
    live.watch(["trades"], 0);
    vi.advanceTimersByTime(45_500);
    expect(streams).toHaveLength(2);
  });

  test("is tried at once when the network comes back", () => {
    live.watch(["trades"], 0);
    last().hello();
    live.networkChanged();
    last().failed();
    vi.advanceTimersByTime(100);
    expect(open()).toEqual([]);
    live.networkChanged();
    expect(open()).toHaveLength(1);
    last().hello();
    expect(stale).toBe(1);
  });
});

describe("a hidden tab", () => {
  test("has no stream; seen again it opens one and loads the page anew", () => {
    live.watch(["trades"], 0);
    last().hello();
    live.setVisible(false);
    expect(open()).toEqual([]);
    expect(states.at(-1)).toBe("closed");
    vi.advanceTimersByTime(3_600_000);
    expect(open()).toEqual([]);
    live.setVisible(true);
    expect(states.at(-1)).toBe("reconnecting");
    last().hello();
    expect(stale).toBe(1);
  });

  test("does not try again to open a broken stream, nor when the network changes", () => {
    live.watch(["trades"], 0);
    last().failed();
    live.setVisible(false);
    live.networkChanged();
    vi.advanceTimersByTime(60_000);
    expect(streams).toHaveLength(1);
  });

  test("opened in the background waits until it is seen", () => {
    live.setVisible(false);
    live.watch(["trades"], 0);
    expect(streams).toEqual([]);
    live.setVisible(true);
    expect(open()).toHaveLength(1);
  });
});
