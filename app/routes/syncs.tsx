import { Alert, Stack, Text, Title } from "@mantine/core";
import { redirect } from "react-router";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { requestSync } from "~/features/syncs/commands.server.ts";
import { JobTable } from "~/features/syncs/job-table.tsx";
import {
  listJobs,
  listSyncs,
  syncPageSearch,
  syncRequest,
} from "~/features/syncs/queries.server.ts";
import { nextRunAt } from "~/features/syncs/schedule.ts";
import { SyncTable } from "~/features/syncs/sync-table.tsx";
import { parseInput, parseSearch } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/syncs";

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const { requested = null, ...query } = parseSearch(url, syncPageSearch);
  const [jobs, syncs] = await Promise.all([listJobs(db), listSyncs(db, { ...query, limit: 50 })]);
  const now = clock.now();
  return {
    jobs: jobs.map((job) => ({ ...job, nextRunAt: nextRunAt(job.type, now) })),
    syncs,
    requested,
  };
}

export async function action({ request, context }: Route.ActionArgs) {
  const { type } = parseInput(syncRequest, await readForm(request));
  await requestSync(context.get(servicesContext).send, type);
  return redirect(`/syncs?requested=${type}`);
}

export default function Syncs({ loaderData }: Route.ComponentProps) {
  const { jobs, syncs, requested } = loaderData;
  return (
    <Stack>
      <PageHead title="Syncs" description="Every job, when it runs, and what its runs did." />
      {requested && (
        <Alert color="blue" role="status" title={`A ${requested} run was requested`}>
          It appears below once it starts; reload the page to see how it goes.
        </Alert>
      )}
      <JobTable jobs={jobs} />
      <WritesNotice />
      <section>
        <Title order={2} size="h4" mb="xs">
          Runs
        </Title>
        {syncs.data.length > 0 ? (
          <SyncTable caption="Runs, newest first" syncs={syncs.data} />
        ) : (
          <Text c="dimmed">
            No run has been recorded. Every job runs within a minute of the start.
          </Text>
        )}
      </section>
      <Pager nextCursor={syncs.nextCursor} first="Newest" next="Older" />
    </Stack>
  );
}
