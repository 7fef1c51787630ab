import { useEffect, useState } from "react";
import { Link } from "react-router";
import { formatRelative } from "~/lib/format.ts";
import type { UnreadFacts } from "./bell.tsx";
import classes from "./freshness.module.css";
import { useLiveState } from "./live.tsx";
import type { LiveState } from "./live-connection.ts";
import { runClock } from "./now.tsx";

/** How old the stored data is, as the server judges it against the jobs' schedule. */
export type FreshnessFacts = {
  lastDataAt: string | null;
  state: "on-time" | "delayed" | "failing" | "never" | "paused";
  running: boolean;
  why: string | null;
};

/** How often the server is asked again while the tab is looked at, in milliseconds. */
const ASK_MS = 10_000;
const TICK_MS = 1_000;

/** What the frame of an open page asks the server for again and again. */
export type FrameFacts = FreshnessFacts & { unread: UnreadFacts };

/**
 * "Last data 12 s ago", a link to the syncs. It counts on its own, every second; it says so when the data is late, when the jobs fail,
 * and when the server cannot be reached.
 * @param reached the last question to the server was answered
 * @param now when the page was made (epoch milliseconds, the server's clock)
 */
export function Freshness({
  facts,
  reached,
  now,
}: {
  facts: FreshnessFacts;
  reached: boolean;
  now: number;
}) {
  const live = useLiveState();
  const time = useSecond(now);
  const trouble = troubleOf(facts, reached);
  const age = facts.lastDataAt && formatRelative(Date.parse(facts.lastDataAt), time);
  return (
    <Link
      to="/syncs"
      className={classes.freshness}
      data-trouble={trouble?.kind}
      title={[trouble?.why, LIVE_WORDS[live]].filter(Boolean).join(" ")}
    >
      <span
        className={live === "live" ? `${classes.dot} ${classes.live}` : classes.dot}
        aria-hidden="true"
      />
      <span className={classes.words}>
        {age ? (
          <>
            <span className={classes.lead}>{trouble?.lead ?? "Last data"} </span>
            {age === "now" ? "0 s ago" : age}
          </>
        ) : trouble ? (
          trouble.words
        ) : facts.running ? (
          "First sync runs"
        ) : (
          "No data yet"
        )}
      </span>
      <span className="visually-hidden">
        {trouble && age ? `. ${trouble.words}. ` : ". "}
        {LIVE_WORDS[live]}
      </span>
    </Link>
  );
}

const LIVE_WORDS: Record<LiveState, string> = {
  connecting: "Connecting for live changes.",
  live: "Live: the page shows changes as they come.",
  reconnecting: "The live connection is lost; connecting again.",
  closed: "The page does not change by itself.",
};

type Trouble = {
  kind: "delayed" | "failing" | "paused" | "unreached";
  /** Before the age. */
  lead: string;
  words: string;
  why: string;
};

function troubleOf({ state, why }: FreshnessFacts, reached: boolean): Trouble | null {
  if (!reached) {
    const words = "This page does not reach its server";
    return { kind: "unreached", lead: "Offline, data", words, why: `${words}.` };
  }
  if (state === "on-time" || state === "never") return null;
  const { lead, words } = TROUBLES[state];
  return { kind: state, lead, words, why: why ?? `${words}.` };
}

const TROUBLES = {
  failing: { lead: "Failing, data", words: "A sync is failing" },
  delayed: { lead: "Late, data", words: "A sync is late" },
  paused: { lead: "Paused, data", words: "A sync is paused" },
} as const;

/**
 * The facts as the server gave them last, by the page or since, so that the page around them is left alone; `reached` = the last question
 * was answered.
 * @param initial what the page was made with
 */
export function useFrameFacts(initial: FrameFacts) {
  const [asked, setAsked] = useState({ initial, facts: initial, reached: true });
  useEffect(() => {
    const ask = async () => {
      if (document.hidden) return;
      const answer = await fetch("/freshness", { headers: { accept: "application/json" } })
        .then((response) => (response.ok ? (response.json() as Promise<FrameFacts>) : null))
        .catch(() => null);
      setAsked((before) => ({
        initial,
        facts: answer ?? before.facts,
        reached: answer !== null,
      }));
    };
    const timer = setInterval(ask, ASK_MS);
    document.addEventListener("visibilitychange", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [initial]);
  // A page that was made anew knows more than what was asked before it.
  return asked.initial === initial ? asked : { facts: initial, reached: true };
}

/** The time, every second; the server's on the server and in the first render. */
function useSecond(ofServer: number): number {
  const [time, setTime] = useState(ofServer);
  useEffect(() => runClock(ofServer, TICK_MS, setTime), [ofServer]);
  return time;
}
