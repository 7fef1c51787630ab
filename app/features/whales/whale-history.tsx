import { Stack } from "@mantine/core";
import { Fact, Facts } from "~/components/facts.tsx";
import { Missing } from "~/components/missing.tsx";
import { Notice } from "~/components/notice.tsx";
import { Time, UtcTime } from "~/components/time.tsx";
import { formatCount } from "~/lib/format.ts";
import { SOURCE_NAMES } from "./leaderboard.ts";
import type { WhaleDetail } from "./queries.server.ts";

/** How much of the wallet's history is stored, and how that is known. */
export function WhaleHistory({ whale: { history, source } }: { whale: WhaleDetail }) {
  return (
    <Stack gap="sm">
      <Facts>
        <Fact name="History complete since">
          {history?.completeSince ? since(history.completeSince) : "still being read"}
        </Fact>
        <Fact name="Trades stored">
          {history ? storedOf(history) : <Missing why="not read yet" />}
        </Fact>
        <Fact name="Last read">
          <Time at={history?.lastReadAt ?? null} missing="not read yet" />
        </Fact>
        <Fact name="Found by">{SOURCE_NAMES[source] ?? source}</Fact>
      </Facts>
      {history?.lastErrorCode && (
        <Notice tone="bad" role="status" title="The last read failed">
          {history.lastErrorCode}: {history.lastErrorMessage}. It is tried again on schedule.
        </Notice>
      )}
    </Stack>
  );
}

function since(time: string) {
  return Date.parse(time) === 0 ? "its first trade" : <UtcTime at={time} missing="" />;
}

function storedOf({ storedTotal, venueTotal }: NonNullable<WhaleDetail["history"]>): string {
  if (venueTotal === null) return `${formatCount(storedTotal)} so far`;
  const counted = formatCount(Math.max(venueTotal, storedTotal));
  return `${formatCount(storedTotal)} of ${counted} the venue counts`;
}
