import { Anchor, Stack, Text } from "@mantine/core";
import { Link, useLocation } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { UtcTime } from "~/components/time.tsx";
import { servicesContext } from "~/context.ts";
import { LetterFilters } from "~/features/dead-letters/letter-filters.tsx";
import { LetterTable } from "~/features/dead-letters/letter-table.tsx";
import { letterAdvice } from "~/features/dead-letters/letter-words.ts";
import { getGroup, letterPageSearch, listLetters } from "~/features/dead-letters/queries.server.ts";
import { ErrorBlock } from "~/features/runs/error-block.tsx";
import { JOB_EVENTS } from "~/inngest/job-events.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { sinceOf } from "~/lib/windows.ts";
import type { Route } from "./+types/dead-letters.letters";

export const handle: PageHandle = {
  live: ["dead-letters"],
  windows: { offered: ["1h", "24h", "7d", "30d", "all"], initial: "all" },
};

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const { window, ...query } = parsePageSearch(url, letterPageSearch);
  const [letters, group] = await Promise.all([
    listLetters(db, { ...query, since: sinceOf(window, clock.now()), limit: 50 }),
    query.fingerprint === undefined ? null : getGroup(db, query.fingerprint),
  ]);
  return { letters, group, status: query.status ?? null, jobs: Object.keys(JOB_EVENTS) };
}

export default function Letters({ loaderData }: Route.ComponentProps) {
  const { letters, group, status, jobs } = loaderData;
  const { search } = useLocation();
  const held = useHeldRows(letters, (letter) => letter.id, search);
  return (
    <Stack>
      <PageHead
        title={group ? `Group: ${group.code}` : "Letters"}
        description="Dead letters by themselves, the last failed first."
      >
        <Text size="sm" c="dimmed">
          <Anchor component={Link} to="/dead-letters" underline="always">
            Dead letters
          </Anchor>{" "}
          › {group ? "Letters with one cause" : "Each by itself"}, the last failed first.
        </Text>
      </PageHead>
      {group && <Group group={group} />}
      <Panel
        title="Letters"
        description={(status ?? "open") === "open" && <Actions search={search} />}
        actions={<LetterFilters jobs={jobs} />}
      >
        <NewRows held={held} noun="letters" />
        {held.rows.length > 0 ? (
          <LetterTable letters={held.rows} />
        ) : (
          <Empty title="No letter matches" why="No dead letter that is kept fits these filters." />
        )}
      </Panel>
      <Pager nextCursor={held.nextCursor} first="Newest" next="Older" />
    </Stack>
  );
}

function Group({ group }: { group: NonNullable<Route.ComponentProps["loaderData"]["group"]> }) {
  return (
    <Panel title="Cause" description={letterAdvice(group.code)}>
      <ErrorBlock error={{ name: group.code, message: group.message, stack: null }} />
      <Facts>
        <Fact name="First seen">
          <UtcTime at={group.firstSeenAt} missing="" />
        </Fact>
        <Fact name="Last seen">
          <UtcTime at={group.lastSeenAt} missing="" />
        </Fact>
      </Facts>
    </Panel>
  );
}

/** What can be done with the open ones of the letters that are listed. */
function Actions({ search }: { search: string }) {
  const chosen = new URLSearchParams(search);
  for (const name of ["cursor", "status"]) chosen.delete(name);
  return (
    <>
      <Link to={`/dead-letters/replay?${chosen}`}>Replay the open ones…</Link>
      {" · "}
      <Link to={`/dead-letters/discard?${chosen}`}>Discard the open ones…</Link>
    </>
  );
}
