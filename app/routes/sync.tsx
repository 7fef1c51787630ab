import { Stack } from "@mantine/core";
import { z } from "zod";
import { Empty } from "~/components/empty.tsx";
import { ExportLinks } from "~/components/export-links.tsx";
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
import { BAR_WORDS, StepAlone } from "~/features/syncs/step-alone.tsx";
import {
  getStepWaterfall,
  getWaterfall,
  type Waterfall,
} from "~/features/syncs/waterfall.server.ts";
import { WaterfallList } from "~/features/syncs/waterfall.tsx";
import { notFound, parseId, parsePageSearch } from "~/lib/api-errors.ts";
import type { Route } from "./+types/sync";

export const handle: PageHandle = { live: ["syncs"] };

const search = z.strictObject({
  steps: z.literal("failed", "must be failed").optional(),
  cursor: z.string().optional(),
  /** The place in the list of quarantined rows. */
  rows: z.string().optional(),
  /** One step alone, by its key; the cursor is then the place in its attempts. */
  step: z.string().max(200).optional(),
  attempts: z.literal("failed", "must be failed").optional(),
});

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const syncLogId = parseId(params.id, "sync");
  const query = parsePageSearch(url, search);
  const sync = await getSync(db, syncLogId);
  if (!sync) throw notFound("sync");
  const { cursor, step } = query;
  const failed = (step === undefined ? query.steps : query.attempts) === "failed";
  const now = clock.now();
  if (step !== undefined) {
    const found = await getStepWaterfall(db, sync, { step, failed, cursor });
    if (!found) throw notFound("step");
    return { sync, alone: found, failed, now };
  }
  const [waterfall, quarantine] = await Promise.all([
    getWaterfall(db, sync, { failed, cursor }),
    listQuarantineOfRun(db, { syncLogId, cursor: query.rows, limit: 20 }),
  ]);
  const rows = quarantine.data.map((row) => ({ ...row, ...payloadText(row.payload) }));
  return { sync, alone: null, waterfall, quarantine: { ...quarantine, data: rows }, failed, now };
}

type Loaded = Route.ComponentProps["loaderData"];

export default function Sync({ loaderData }: Route.ComponentProps) {
  const { sync } = loaderData;
  const { name } = SYNC_SCHEDULE[sync.type];
  return (
    <Stack>
      <PageHead
        title={`Sync ${sync.id}: ${name}`}
        description={`What run ${sync.id} of the job ${name} did.`}
      >
        <RunLine sync={sync} />
      </PageHead>
      {loaderData.alone ? (
        <StepAlone {...loaderData} found={loaderData.alone} />
      ) : (
        <WholeSync loaded={loaderData} />
      )}
    </Stack>
  );
}

function WholeSync({ loaded }: { loaded: Extract<Loaded, { alone: null }> }) {
  const { sync, waterfall, quarantine, now } = loaded;
  const retrying =
    sync.status === "running" &&
    waterfall.data.some((step) => step.status === "running" && step.errorCode !== null);
  return (
    <>
      <RunSummary sync={sync} retrying={retrying} now={now} />
      <Quarantined sync={sync} page={quarantine} />
      <Panel
        title="Steps"
        description={`In the order they began; opened, with the requests they made. Bars stand for the time of the run: ${BAR_WORDS}`}
        actions={<StepFilter list={`syncs/${sync.id}/steps`} />}
      >
        <Steps {...loaded} />
      </Panel>
      <Pager nextCursor={waterfall.nextCursor} first="First steps" next="More steps" />
    </>
  );
}

function Steps({
  sync,
  waterfall,
  failed,
  now,
}: {
  sync: SyncItem;
  waterfall: Waterfall;
  failed: boolean;
  now: number;
}) {
  if (waterfall.data.length === 0) return <NoSteps sync={sync} failed={failed} />;
  return <WaterfallList sync={sync} waterfall={waterfall} now={now} />;
}

function StepFilter({ list }: { list: string }) {
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
      <ExportLinks list={list} filters={["steps"]} />
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
        actions={<ExportLinks list="quarantine" filters={[]} only={{ sync: sync.id }} />}
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
