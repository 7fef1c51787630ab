import { Stack } from "@mantine/core";
import { Link, redirect, useLocation } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import { Notice } from "~/components/notice.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { countDiscarded, undoDiscard } from "~/features/dead-letters/commands.server.ts";
import { UndoForm } from "~/features/dead-letters/discard-form.tsx";
import { GroupTable } from "~/features/dead-letters/group-table.tsx";
import { listGroups } from "~/features/dead-letters/groups.server.ts";
import { GroupFilters } from "~/features/dead-letters/letter-filters.tsx";
import { LETTER_DAYS, OLD_DAYS } from "~/features/dead-letters/letter-limits.ts";
import { cappedWords, lettersWords } from "~/features/dead-letters/letter-words.ts";
import { countOld, groupPageSearch } from "~/features/dead-letters/queries.server.ts";
import { ReplayTable } from "~/features/dead-letters/replay-table.tsx";
import { listReplays } from "~/features/dead-letters/replays.server.ts";
import { JOB_EVENTS } from "~/inngest/job-events.ts";
import { errorResponse, parsePageSearch } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import { sinceOf } from "~/lib/windows.ts";
import type { Route } from "./+types/dead-letters";

export const handle: PageHandle = {
  live: ["dead-letters"],
  windows: { offered: ["1h", "24h", "7d", "30d", "all"], initial: "all" },
};

/** Replays that the page shows. */
const REPLAYS = 5;

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const { discarded, window, status = "open", ...query } = parsePageSearch(url, groupPageSearch);
  const now = clock.now();
  const [groups, old, replays, undoable] = await Promise.all([
    listGroups(db, { ...query, status, since: sinceOf(window, now), limit: 25 }),
    countOld(db, now),
    listReplays(db, REPLAYS),
    discarded === undefined ? 0 : countDiscarded(db, discarded),
  ]);
  return {
    groups,
    old,
    replays,
    status,
    undo: discarded === undefined ? null : { key: discarded, count: undoable },
    filtered: Boolean(query.code ?? query.function) || (window ?? "all") !== "all",
    jobs: Object.keys(JOB_EVENTS),
  };
}

export async function action({ request, context }: Route.ActionArgs) {
  const { db } = context.get(servicesContext);
  const { intent, key } = await readForm(request);
  if (intent !== "undo" || !key) throw errorResponse(400, "intent: must be undo, with its key");
  await undoDiscard(db, { key });
  return redirect("/dead-letters");
}

export default function DeadLetters({ loaderData }: Route.ComponentProps) {
  const { groups, old, replays, status, undo, jobs } = loaderData;
  const { search } = useLocation();
  const held = useHeldRows(groups, (group) => group.fingerprint, search);
  const chosen = chosenOf(search);
  return (
    <Stack>
      <PageHead
        title="Dead letters"
        description={`Runs that failed for good, kept for ${LETTER_DAYS} days: look at the cause, then replay or discard them.`}
      />
      {undo && <Discarded undo={undo} />}
      {old.count > 0 && (
        <Notice
          tone="warn"
          role="status"
          title={`${cappedWords(old)} open ${old.count === 1 ? "letter is" : "letters are"} older than ${OLD_DAYS} days`}
        >
          Letters are removed {LETTER_DAYS} days after they failed. Replay or discard them before.
        </Notice>
      )}
      <WritesNotice />
      <Panel
        title="Groups"
        description={
          <>
            Letters with one cause, the last seen first.{" "}
            <Link to={`/dead-letters/letters?${chosen}`}>Every letter by itself</Link>
            {status === "open" && held.rows.length > 0 && (
              <>
                {" · "}
                <Link to={`/dead-letters/replay?${chosen}`}>Replay all of these…</Link>
                {" · "}
                <Link to={`/dead-letters/discard?${chosen}`}>Discard all of these…</Link>
              </>
            )}
          </>
        }
        actions={<GroupFilters jobs={jobs} />}
      >
        <NewRows held={held} noun="groups" />
        {held.rows.length > 0 ? (
          <GroupTable groups={held.rows} search={chosen} open={status === "open"} />
        ) : (
          <NoGroups loaded={loaderData} />
        )}
      </Panel>
      <Pager nextCursor={held.nextCursor} first="Newest" next="Older" />
      {replays.length > 0 && (
        <Panel title="Replays" description="The newest, with what they have done so far.">
          <ReplayTable replays={replays} />
        </Panel>
      )}
    </Stack>
  );
}

/** The filters of the page that say which letters are meant, for its links. */
function chosenOf(search: string): string {
  const chosen = new URLSearchParams(search);
  for (const name of ["cursor", "discarded"]) chosen.delete(name);
  return chosen.toString();
}

type Loaded = Route.ComponentProps["loaderData"];

function Discarded({ undo: { key, count } }: { undo: NonNullable<Loaded["undo"]> }) {
  if (count === 0) {
    return (
      <Notice tone="info" role="status">
        The letters are open again, or were removed since.
      </Notice>
    );
  }
  return (
    <Notice tone="info" role="status" title={`${lettersWords(count)} discarded`}>
      <UndoForm discardKey={key}>Undo</UndoForm>
    </Notice>
  );
}

function NoGroups({ loaded: { status, filtered } }: { loaded: Loaded }) {
  if (filtered) return <Empty title="No group matches" why="No letter fits these filters." />;
  if (status !== "open") {
    return <Empty title={`No ${status} letters`} why={`None has been ${status}.`} />;
  }
  return (
    <Empty
      title="No dead letters"
      why="Nothing that failed for good waits for you. What fails is tried again first; what cannot be done lands here."
    />
  );
}
