import { Link } from "react-router";
import { Notice } from "~/components/notice.tsx";
import { formatCount } from "~/lib/format.ts";
import { tradesWords } from "./backfill-estimate.tsx";
import type { BackfillResult } from "./backfill-result.server.ts";

/** What came of a backfill that was asked for, and where its sync is. */
export function BackfillOutcome({ result }: { result: BackfillResult }) {
  const { sync } = result;
  if (!sync) {
    return (
      <Notice tone="info" role="status" title="Requested">
        It begins in a moment. A request that is older than a day is past its time; its sync is
        among <Link to="/syncs?trigger=backfill">the syncs</Link>.
      </Notice>
    );
  }
  const { tone, title, words } = outcomeOf(result, sync);
  return (
    <Notice tone={tone} role="status" title={title}>
      {words} <Link to={`/syncs/${sync.id}`}>Sync {sync.id}</Link>
    </Notice>
  );
}

type Outcome = { tone: "bad" | "warn" | "info" | "neutral"; title: string; words: string };

function outcomeOf(
  { found, foundMore }: BackfillResult,
  sync: NonNullable<BackfillResult["sync"]>,
): Outcome {
  const note = sync.note ?? "";
  switch (sync.status) {
    case "running":
      return { tone: "info", title: "Under way", words: note };
    case "completed":
      return completed(found, foundMore, sync);
    case "incomplete":
      return {
        tone: "warn",
        title: "Not finished",
        words: `${note} What was found is stored; the wallet's next syncs go on with it.`,
      };
    case "failed":
      return {
        tone: "bad",
        title: `It failed: ${[sync.errorCode, sync.errorMessage].filter(Boolean).join(": ")}`,
        words: "What was found is stored; the wallet's next syncs go on with it.",
      };
    case "skipped":
      return { tone: "neutral", title: "Not read again", words: note };
  }
}

function completed(
  found: number | null,
  foundMore: boolean,
  sync: { pages: number | null; fetched: number; created: number },
): Outcome {
  const read =
    sync.pages === null
      ? `${tradesWords(sync.fetched)} read`
      : `${tradesWords(sync.fetched)} read on ${formatCount(sync.pages)} ${sync.pages === 1 ? "page" : "pages"}`;
  const newer = sync.created - (found ?? 0);
  const others =
    newer > 0 ? ` ${tradesWords(newer)} that are newer, or outside the range, came too.` : "";
  if (found === null) {
    return {
      tone: "info",
      title: "Read again",
      words: `${read}, ${formatCount(sync.created)} new.`,
    };
  }
  if (found === 0) {
    const words = `Every trade of the range that the venue serves was stored already: ${read}.${others}`;
    return { tone: "info", title: "Nothing was missing", words };
  }
  const count = foundMore ? `More than ${tradesWords(found)}` : tradesWords(found);
  const were = found === 1 ? "was" : "were";
  return {
    tone: "warn",
    title: `${count} ${were} missing`,
    words: `Now stored: ${read}.${others}`,
  };
}
