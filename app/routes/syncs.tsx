import { Stack } from "@mantine/core";
import { data, redirect, useLocation } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { ExportLinks } from "~/components/export-links.tsx";
import { FilterBar, FilterSelect } from "~/components/filters.tsx";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { actOnJob, jobAction, pauseProblemOf } from "~/features/syncs/job-action.server.ts";
import { JobList } from "~/features/syncs/job-list.tsx";
import { listJobs } from "~/features/syncs/jobs.server.ts";
import { listSyncs, syncPageSearch } from "~/features/syncs/queries.server.ts";
import { SYNC_SCHEDULE, SYNC_TYPES } from "~/features/syncs/schedule.ts";
import { ServiceLevelTable } from "~/features/syncs/service-level-table.tsx";
import { StatusHelp } from "~/features/syncs/status-help.tsx";
import { SyncTable } from "~/features/syncs/sync-table.tsx";
import { errorResponse, parsePageSearch, problemsOf } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import { sinceOf } from "~/lib/windows.ts";
import type { Route } from "./+types/syncs";

export const handle: PageHandle = {
  live: ["syncs"],
  windows: { offered: ["1h", "24h", "7d", "30d", "all"], initial: "all" },
};

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, clock, serviceLevels } = context.get(servicesContext);
  const { requested, requestedAt, window, ...query } = parsePageSearch(url, syncPageSearch);
  const now = clock.now();
  const since = sinceOf(window, now);
  const [jobs, levels, syncs] = await Promise.all([
    listJobs(db, now),
    serviceLevels(),
    listSyncs(db, { ...query, since, limit: 50 }),
  ]);
  return {
    now,
    jobs,
    levels,
    syncs,
    status: query.status,
    requested: requested && requestedAt ? { type: requested, at: requestedAt } : null,
    filtered: since !== undefined || Object.values(query).some((value) => value !== undefined),
  };
}

export async function action({ request, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const sent = await readForm(request);
  const parsed = jobAction.safeParse(sent);
  if (!parsed.success) {
    const problem = pauseProblemOf(sent, parsed.error);
    if (!problem) throw errorResponse(400, problemsOf(parsed.error));
    return data(problem, { status: 400 });
  }
  const now = new Date(services.clock.now());
  const search = new URL(request.url).searchParams;
  for (const name of ["cursor", "requested", "requestedAt"]) search.delete(name);
  if (await actOnJob(services, parsed.data, now)) {
    search.set("requested", parsed.data.type);
    search.set("requestedAt", now.toISOString());
  }
  return redirect(`/syncs?${search}`);
}

export default function Syncs({ loaderData, actionData }: Route.ComponentProps) {
  const { now, jobs, levels, syncs, status, requested, filtered } = loaderData;
  const list = useLocation().search;
  const held = useHeldRows(syncs, (sync) => sync.id, list);
  return (
    <Stack>
      <PageHead title="Syncs" description="Every job, when it runs, and what its runs did." />
      <JobList jobs={jobs} requested={requested} problem={actionData ?? null} />
      <WritesNotice />
      <ServiceLevelTable levels={levels} now={now} />
      <Panel
        title="Runs"
        description="Newest first. Runs are kept for 30 days."
        actions={<RunFilters />}
      >
        <StatusHelp status={status} />
        <NewRows held={held} noun="runs" />
        {held.rows.length > 0 ? (
          <SyncTable caption="Runs, newest first" syncs={held.rows} />
        ) : (
          <NoRuns filtered={filtered} />
        )}
      </Panel>
      <Pager nextCursor={held.nextCursor} first="Newest" next="Older" />
    </Stack>
  );
}

function RunFilters() {
  const any = { value: "", label: "Any" };
  return (
    <FilterBar label="Filter the runs">
      <FilterSelect
        name="type"
        label="Job"
        data={[any, ...SYNC_TYPES.map((value) => ({ value, label: SYNC_SCHEDULE[value].name }))]}
      />
      <FilterSelect
        name="status"
        label="Status"
        data={[
          any,
          { value: "running", label: "Running" },
          { value: "completed", label: "Completed" },
          { value: "incomplete", label: "Incomplete" },
          { value: "failed", label: "Failed" },
          { value: "skipped", label: "Skipped" },
        ]}
      />
      <FilterSelect
        name="trigger"
        label="Trigger"
        data={[
          any,
          { value: "cron", label: "Schedule" },
          { value: "manual", label: "By hand" },
          { value: "start", label: "Start of the app" },
          { value: "replay", label: "Replay" },
          { value: "backfill", label: "Backfill" },
        ]}
      />
      <FilterSelect
        name="problem"
        label="Trouble"
        data={[
          any,
          { value: "errors", label: "With an error" },
          { value: "quarantined", label: "With quarantined rows" },
        ]}
      />
      <ExportLinks list="syncs" filters={["type", "status", "trigger", "problem", "window"]} />
    </FilterBar>
  );
}

function NoRuns({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No run matches" why="No recorded run fits these filters and this time." />
  ) : (
    <Empty
      title="No run has been recorded"
      why="Every job runs within a minute of the start of the app, then on its schedule."
    />
  );
}
