import { useEffect, useState } from "react";
import { Link } from "react-router";
import { formatRelative } from "~/lib/format.ts";
import classes from "./freshness.module.css";
import { useLiveState } from "./live.tsx";
import type { LiveState } from "./live-connection.ts";
import { runClock } from "./now.tsx";

/** How old the stored data is, as the server judges it against the jobs' schedule. */
export type FreshnessFacts = {
  lastDataAt: string | null;
  state: "on-time" | "delayed" | "failing" | "never";
  running: boolean;
  why: string | null;
};

/** How often the server is asked again while the tab is looked at, in milliseconds. */
const ASK_MS = 10_000;
const TICK_MS = 1_000;

/**
 * "Last data 12 s ago", a link to the syncs. It counts on its own, every second, and asks the server itself, so the page around it is
 * left alone; it says so when the data is late, when the jobs fail, and when the server cannot be reached.
 * @param initial what the page was made with, at `now` (epoch milliseconds, the server's clock)
 */
export function Freshness({ initial, now }: { initial: FreshnessFacts; now: number }) {
  const live = useLiveState();
  const { facts, reached } = useFreshnessFacts(initial);
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
  kind: "delayed" | "failing" | "unreached";
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
  if (state !== "delayed" && state !== "failing") return null;
  const words = state === "failing" ? "A sync is failing" : "A sync is late";
  const lead = state === "failing" ? "Failing, data" : "Late, data";
  return { kind: state, lead, words, why: why ?? `${words}.` };
}

/** The facts as the server gave them last, by the page or since; `reached` = the last question was answered. */
function useFreshnessFacts(initial: FreshnessFacts) {
  const [asked, setAsked] = useState({ initial, facts: initial, reached: true });
  useEffect(() => {
    const ask = async () => {
      if (document.hidden) return;
      const answer = await fetch("/freshness", { headers: { accept: "application/json" } })
        .then((response) => (response.ok ? (response.json() as Promise<FreshnessFacts>) : null))
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
