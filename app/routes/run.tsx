import { Stack } from "@mantine/core";
import { data, redirect } from "react-router";
import { z } from "zod";
import { Empty } from "~/components/empty.tsx";
import { Notice } from "~/components/notice.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { servicesContext } from "~/context.ts";
import { activityOf } from "~/features/runs/activity.ts";
import { rerun } from "~/features/runs/commands.server.ts";
import { dashboardUrl } from "~/features/runs/dashboard-url.ts";
import { ErrorBlock } from "~/features/runs/error-block.tsx";
import { JsonBlock } from "~/features/runs/json-block.tsx";
import { eventsText, jsonText, runToldOf } from "~/features/runs/json-text.ts";
import {
  getRun,
  parseRunId,
  type RunDetail,
  relatedRuns,
  runNotFound,
} from "~/features/runs/run.server.ts";
import { runError } from "~/features/runs/run-error.ts";
import { RunFacts } from "~/features/runs/run-facts.tsx";
import { RunHead } from "~/features/runs/run-head.tsx";
import { isOpen } from "~/features/runs/run-status.ts";
import { RunsElsewhere } from "~/features/runs/runs-elsewhere.tsx";
import {
  getOpenWork,
  listAttempts,
  listSteps,
  timeoutsOf,
} from "~/features/runs/timeline.server.ts";
import { buildTimeline, childIds } from "~/features/runs/timeline.ts";
import { spanOf } from "~/features/runs/timeline-bars.ts";
import { TimelineList } from "~/features/runs/timeline-list.tsx";
import { eventSchemas } from "~/inngest/event-schemas.ts";
import { errorResponse, parsePageSearch } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/run";

export const handle: PageHandle = { live: ["runs"] };

/** Steps of a page. */
const STEPS = 50;

const search = z.strictObject({
  /** The place in the list of steps. */
  steps: z.string().optional(),
});

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, clock, engine, env } = context.get(servicesContext);
  if (engine === null) return { elsewhere: dashboardUrl(env) };
  const id = parseRunId(params.id);
  const query = parsePageSearch(url, search);
  // The run first: what has ended by then has all its steps.
  const run = await getRun(db, id);
  if (!run) throw runNotFound();
  const [steps, open] = await Promise.all([
    listSteps(db, { runId: id, cursor: query.steps, limit: STEPS }),
    isOpen(run.status) ? getOpenWork(db, id) : null,
  ]);
  const toldOf = runToldOf(run.events);
  const [attempts, related] = await Promise.all([
    listAttempts(
      db,
      id,
      steps.data.map(({ stepId }) => stepId),
    ),
    relatedRuns(db, [...childIds(steps.data), ...(toldOf === null ? [] : [toldOf])]),
  ]);
  const now = clock.now();
  return {
    elsewhere: null,
    run,
    toldOf: toldOf === null ? null : { id: toldOf, run: related.get(toldOf) ?? null },
    events: eventsText(run.events),
    output: run.output && jsonText(run.output),
    error: run.error && runError(run.error.head),
    activity: open?.jobs.map(activityOf).find((activity) => activity !== null) ?? null,
    timeouts: timeoutsOf(open),
    timeline: buildTimeline(steps.data, attempts, open, related),
    nextSteps: steps.nextCursor,
    nextAt: engine.nextRunOf(run.functionId)?.toISOString() ?? null,
    sendable: eventSchemas().some(({ name }) => name === run.eventName),
    now,
  };
}

export async function action({ request, params, context }: Route.ActionArgs) {
  const { db, engine } = context.get(servicesContext);
  const id = parseRunId(params.id);
  const { intent } = await readForm(request);
  if (engine === null) {
    throw errorResponse(409, "An Inngest server does the work; its dashboard reruns and cancels.");
  }
  if (intent === "rerun") {
    const repeat = await rerun({ db, engine }, id);
    if (repeat !== null) return redirect(`/runs/${repeat}`);
    if (!(await getRun(db, id))) throw runNotFound();
    const refused =
      "It was not run again: its function is not registered any more, or a run of its singleton is active.";
    return data({ refused }, 409);
  }
  if (intent !== "cancel") throw errorResponse(400, "intent: must be rerun or cancel");
  if (await engine.cancel(id)) return redirect(`/runs/${id}`);
  return data({ refused: "There is nothing to cancel: the run has ended." }, 409);
}

type Loaded = Extract<Route.ComponentProps["loaderData"], { elsewhere: null }>;

export default function Run({ loaderData, actionData }: Route.ComponentProps) {
  if (loaderData.elsewhere !== null) {
    return (
      <Stack>
        <PageHead title="Run" description="One run of a function." />
        <RunsElsewhere dashboard={loaderData.elsewhere} />
      </Stack>
    );
  }
  const { run, activity, sendable, nextAt, now, nextSteps } = loaderData;
  return (
    <Stack>
      <RunHead run={run} activity={activity} sendable={sendable} now={now} />
      {actionData?.refused && (
        <Notice tone="warn" role="alert">
          {actionData.refused}
        </Notice>
      )}
      <Outcome loaded={loaderData} />
      <Panel
        title="Steps"
        description="In the order they began; the bars stand for the run's time."
      >
        <Steps loaded={loaderData} />
      </Panel>
      <Pager param="steps" nextCursor={nextSteps} first="First steps" next="More steps" />
      <Panel title="Run">
        <RunFacts
          run={run}
          toldOf={loaderData.toldOf}
          timeouts={loaderData.timeouts}
          nextAt={nextAt}
          now={now}
        />
      </Panel>
      <Panel title={loaderData.run.eventIds.length > 1 ? "Trigger events" : "Trigger event"}>
        <JsonBlock
          name="Trigger event"
          json={loaderData.events}
          whole={`/runs/${run.id}/json?part=events`}
        />
      </Panel>
    </Stack>
  );
}

/** How the run ended: its output or its error; nothing while it goes on. */
function Outcome({ loaded: { run, output, error } }: { loaded: Loaded }) {
  if (error) {
    return (
      <Panel title="Error">
        <ErrorBlock
          error={error}
          whole={run.error?.cut ? `/runs/${run.id}/json?part=error` : undefined}
        />
      </Panel>
    );
  }
  if (output && output.text !== "null") {
    return (
      <Panel title="Output">
        <JsonBlock name="Output" json={output} whole={`/runs/${run.id}/json?part=output`} />
      </Panel>
    );
  }
  return null;
}

function Steps({ loaded: { run, timeline, now } }: { loaded: Loaded }) {
  if (timeline.length === 0) return <NoSteps run={run} />;
  return <TimelineList runId={run.id} steps={timeline} span={spanOf(run, now)} />;
}

function NoSteps({ run: { status } }: { run: RunDetail }) {
  if (status === "queued") {
    return <Empty title="The run has not begun" why="Steps appear here as it gets to them." />;
  }
  if (status === "running") {
    return <Empty title="No step has ended" why="Steps appear here as the run gets to them." />;
  }
  return <Empty title="No steps" why="The run ended without a step or an attempt." />;
}
