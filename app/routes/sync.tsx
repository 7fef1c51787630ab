import { Stack } from "@mantine/core";
import { z } from "zod";
import { Empty } from "~/components/empty.tsx";
import { FilterBar, FilterSelect } from "~/components/filters.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { servicesContext } from "~/context.ts";
import { listQuarantineOfRun } from "~/features/quarantine/queries.server.ts";
import { payloadText } from "~/features/syncs/payload-text.ts";
import { getSync, type SyncItem } from "~/features/syncs/queries.server.ts";
import { type QuarantineView, RunQuarantine } from "~/features/syncs/run-quarantine.tsx";
import { RunLine, RunSummary } from "~/features/syncs/run-summary.tsx";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import { StepTable } from "~/features/syncs/step-table.tsx";
import { listSteps } from "~/features/syncs/steps.server.ts";
import { notFound, parseId, parsePageSearch } from "~/lib/api-errors.ts";
import type { Route } from "./+types/sync";

export const handle: PageHandle = { live: ["syncs"] };

const search = z.strictObject({
  steps: z.literal("failed", "must be failed").optional(),
  cursor: z.string().optional(),
  /** The place in the list of quarantined rows. */
  rows: z.string().optional(),
});

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const syncLogId = parseId(params.id, "sync");
  const query = parsePageSearch(url, search);
  const failed = query.steps === "failed";
  const [sync, steps, quarantine] = await Promise.all([
    getSync(db, syncLogId),
    listSteps(db, { syncLogId, failed, cursor: query.cursor, limit: 100 }),
    listQuarantineOfRun(db, { syncLogId, cursor: query.rows, limit: 20 }),
  ]);
  if (!sync) throw notFound("sync");
  const rows = quarantine.data.map((row) => ({ ...row, ...payloadText(row.payload) }));
  return { sync, steps, failed, quarantine: { ...quarantine, data: rows }, now: clock.now() };
}

export default function Sync({ loaderData }: Route.ComponentProps) {
  const { sync, steps, failed, quarantine, now } = loaderData;
  const { name } = SYNC_SCHEDULE[sync.type];
  const retrying =
    sync.status === "running" &&
    steps.data.some((step) => step.status === "running" && step.errorCode !== null);
  return (
    <Stack>
      <PageHead
        title={`Sync ${sync.id}: ${name}`}
        description={`What run ${sync.id} of the job ${name} did.`}
      >
        <RunLine sync={sync} />
      </PageHead>
      <RunSummary sync={sync} retrying={retrying} now={now} />
      <Quarantined sync={sync} page={quarantine} />
      <Panel title="Steps" actions={<StepFilter />}>
        {steps.data.length > 0 ? (
          <StepTable run={sync} steps={steps.data} now={now} />
        ) : (
          <NoSteps sync={sync} failed={failed} />
        )}
      </Panel>
      <Pager nextCursor={steps.nextCursor} first="First steps" next="More steps" />
    </Stack>
  );
}

function StepFilter() {
  return (
    <FilterBar label="Filter the steps">
      <FilterSelect
        name="steps"
        label="Show"
        data={[
          { value: "", label: "Every step" },
          { value: "failed", label: "Failed only" },
        ]}
      />
    </FilterBar>
  );
}

function NoSteps({ sync, failed }: { sync: SyncItem; failed: boolean }) {
  if (failed) return <Empty title="No step failed" why="No recorded step of this run failed." />;
  if (sync.status === "skipped") {
    return <Empty title="No steps" why="The run did not start, so it has no steps." />;
  }
  if (sync.status === "running") {
    return <Empty title="No step has begun" why="Steps appear here as the run gets to them." />;
  }
  return (
    <Empty
      title="No steps are kept"
      why="The run had nothing to do, or its steps are past their time: those of completed runs are kept for 2 days."
    />
  );
}

/** Nothing where the run put no row aside. */
function Quarantined({
  sync,
  page,
}: {
  sync: SyncItem;
  page: { data: QuarantineView[]; nextCursor: string | null };
}) {
  if (sync.quarantined === 0 && page.data.length === 0) return null;
  return (
    <>
      <Panel
        title="Quarantined rows"
        description="Rows that failed their schema, as received; a row that a later run met again is listed there."
      >
        {page.data.length > 0 ? (
          <RunQuarantine rows={page.data} />
        ) : (
          <Empty
            title="No quarantined rows are left"
            why="A later run has met them since, or they are past their time."
          />
        )}
      </Panel>
      <Pager nextCursor={page.nextCursor} param="rows" first="First rows" next="More rows" />
    </>
  );
}
