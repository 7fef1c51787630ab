import { useNow } from "~/components/now.tsx";
import { Ago } from "~/components/time.tsx";
import type { Activity } from "./activity.ts";

/** What a run or a step does now, in a line: "Attempt 2 begins in 12 s". */
export function ActivityWords({ activity: { words, at } }: { activity: Activity }) {
  if (at === null) return words;
  return (
    <>
      {words} <Moment at={at} future={!words.endsWith("began")} />
    </>
  );
}

/** A moment that is to come is "now" from when it has come: what it announces may only just be under way. */
function Moment({ at, future }: { at: string; future: boolean }) {
  const { ticking, ofServer } = useNow();
  const now = ticking ?? ofServer;
  if (future && now !== null && Date.parse(at) <= now) return "now";
  return <Ago at={at} />;
}
