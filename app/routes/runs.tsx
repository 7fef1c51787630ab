import { Button, Stack } from "@mantine/core";
import { Link, useLocation } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { ExportLinks } from "~/components/export-links.tsx";
import { FilterBar, FilterSelect } from "~/components/filters.tsx";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { statusWord } from "~/components/status.tsx";
import { servicesContext } from "~/context.ts";
import { dashboardUrl } from "~/features/runs/dashboard-url.ts";
import { listRunFunctions, listRuns, runFilterOf, runSearch } from "~/features/runs/list.server.ts";
import { functionName } from "~/features/runs/run-names.ts";
import { RUN_STATUSES } from "~/features/runs/run-status.ts";
import { RunTable } from "~/features/runs/run-table.tsx";
import { RunsElsewhere } from "~/features/runs/runs-elsewhere.tsx";
import { parsePageSearch } from "~/lib/api-errors.ts";
import type { Route } from "./+types/runs";

export const handle: PageHandle = {
  live: ["runs"],
  windows: { offered: ["1h", "24h", "7d", "all"], initial: "all" },
};

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, clock, engine, env } = context.get(servicesContext);
  const { cursor, ...search } = parsePageSearch(url, runSearch);
  if (engine === null) return { elsewhere: dashboardUrl(env) };
  const now = clock.now();
  const filter = runFilterOf(search, now);
  const [runs, functions] = await Promise.all([
    listRuns(db, { ...filter, cursor, limit: 50 }),
    listRunFunctions(db),
  ]);
  // What is filtered by stays among the choices when its last run is past its time.
  const chosen = filter.function === undefined ? [] : [filter.function];
  return {
    elsewhere: null,
    runs,
    now,
    functions: [...new Set([...functions, ...chosen])].sort(),
    filtered: Object.values(filter).some((value) => value !== undefined),
  };
}

type Loaded = Extract<Route.ComponentProps["loaderData"], { elsewhere: null }>;

export default function Runs({ loaderData }: Route.ComponentProps) {
  return (
    <Stack>
      <PageHead
        title="Runs"
        description="What the job engine executes: every run of a function, with its steps, attempts and waits."
      />
      {loaderData.elsewhere === null ? (
        <RunList loaded={loaderData} />
      ) : (
        <RunsElsewhere dashboard={loaderData.elsewhere} />
      )}
    </Stack>
  );
}

function RunList({ loaded: { runs, now, functions, filtered } }: { loaded: Loaded }) {
  const held = useHeldRows(runs, (run) => run.id, useLocation().search);
  return (
    <>
      <Panel
        title="Runs of functions"
        description="Newest first. Completed runs are kept for 2 hours, failed and cancelled ones for 7 days."
        actions={
          <>
            <RunFilters functions={functions} />
            <Button component={Link} to="/runs/send" variant="default" size="xs">
              Send an event
            </Button>
          </>
        }
      >
        <NewRows held={held} noun="runs" />
        {held.rows.length > 0 ? (
          <RunTable caption="Runs of functions, newest first" runs={held.rows} now={now} />
        ) : (
          <NoRuns filtered={filtered} />
        )}
      </Panel>
      <Pager nextCursor={held.nextCursor} first="Newest" next="Older" />
    </>
  );
}

function RunFilters({ functions }: { functions: readonly string[] }) {
  const any = { value: "", label: "Any" };
  return (
    <FilterBar label="Filter the runs">
      <FilterSelect
        name="function"
        label="Function"
        data={[any, ...functions.map((id) => ({ value: id, label: functionName(id) }))]}
      />
      <FilterSelect
        name="status"
        label="Status"
        data={[any, ...RUN_STATUSES.map((value) => ({ value, label: statusWord(value) }))]}
      />
      <ExportLinks list="runs" filters={["function", "status", "window"]} />
    </FilterBar>
  );
}

function NoRuns({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No run matches" why="No run that is kept fits these filters and this time." />
  ) : (
    <Empty
      title="No run is kept"
      why="A run turns up here when an event or a schedule starts a function; schedules do so every minute."
    />
  );
}
