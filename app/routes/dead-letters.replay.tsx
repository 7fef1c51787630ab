import { Anchor, Stack, Text } from "@mantine/core";
import { data, Link, redirect } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { Notice } from "~/components/notice.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { Panel } from "~/components/panel.tsx";
import { servicesContext } from "~/context.ts";
import { dryRun } from "~/features/dead-letters/dry-run.server.ts";
import { DryRunPanel } from "~/features/dead-letters/dry-run-panel.tsx";
import {
  chosenSearch,
  freeze,
  frozenFilter,
  searchOf,
} from "~/features/dead-letters/letter-filter.ts";
import { problemsByField, replayInput } from "~/features/dead-letters/letter-input.server.ts";
import { chosenWords } from "~/features/dead-letters/letter-words.ts";
import { startReplay } from "~/features/dead-letters/replay.server.ts";
import { ReplayForm } from "~/features/dead-letters/replay-form.tsx";
import { RATES } from "~/features/dead-letters/replay-pace.ts";
import { JOB_EVENTS } from "~/inngest/job-events.ts";
import { errorResponse, parsePageSearch, problemsOf } from "~/lib/api-errors.ts";
import { formatUtc } from "~/lib/format.ts";
import { readForm } from "~/lib/request-body.server.ts";
import { AppError } from "~/reliability/errors.ts";
import type { Route } from "./+types/dead-letters.replay";

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const chosen = parsePageSearch(url, chosenSearch);
  const filter = freeze(chosen, clock.now());
  if (chosen.until === undefined) return redirect(`/dead-letters/replay?${searchOf(filter)}`);
  return {
    filter,
    dry: await dryRun(db, filter, JOB_EVENTS),
    name: `${chosenWords(filter)}, until ${formatUtc(filter.until)}`.slice(0, 100),
  };
}

export async function action({ request, url, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const filter = parsePageSearch(url, frozenFilter);
  const typed = await readForm(request);
  const { success, data: order, error } = replayInput.safeParse(typed);
  const values = { name: typed.name ?? "", perMinute: typed.perMinute ?? "" };
  if (!success) {
    const problems = problemsByField(error);
    if (problems.requestKey) throw errorResponse(400, problemsOf(error));
    return data({ values, problems, refused: null }, 400);
  }
  const { requestKey = crypto.randomUUID() } = order;
  const options = { targets: JOB_EVENTS, now: new Date(services.clock.now()) };
  try {
    const id = await startReplay(services, { ...order, filter, requestKey }, options);
    return redirect(`/replays/${id}`);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const status = thrown.code === "INVALID_INPUT" ? 409 : 503;
    return data({ values, problems: {}, refused: thrown.userMessage }, status);
  }
}

export default function ReplayLetters({ loaderData, actionData }: Route.ComponentProps) {
  const { dry, filter, name } = loaderData;
  return (
    <Stack>
      <PageHead
        title="Replay dead letters"
        description="What a replay would do, before it does anything."
      >
        <Text size="sm" c="dimmed">
          <Anchor component={Link} to="/dead-letters" underline="always">
            Dead letters
          </Anchor>{" "}
          › {chosenWords(filter)}, failed until {formatUtc(filter.until)}. Nothing is changed yet.
        </Text>
      </PageHead>
      {actionData?.refused && (
        <Notice tone="bad" role="alert" title="Nothing was started">
          {actionData.refused}
        </Notice>
      )}
      {dry.replayable > 0 ? (
        <>
          <DryRunPanel dry={dry} />
          <Panel title="Start it" description="It can be stopped while it runs.">
            <ReplayForm
              letters={dry.replayable}
              values={actionData?.values ?? { name, perMinute: String(RATES.usual) }}
              problems={actionData?.problems ?? {}}
            />
          </Panel>
        </>
      ) : (
        <NothingToReplay dry={dry} />
      )}
    </Stack>
  );
}

function NothingToReplay({ dry }: { dry: Route.ComponentProps["loaderData"]["dry"] }) {
  if (dry.refused.length > 0) return <DryRunPanel dry={dry} />;
  return (
    <Empty
      framed
      title="There is nothing to replay"
      why={
        dry.taken > 0
          ? "A running replay has these letters already."
          : "No open letter fits; they may have been replayed or discarded meanwhile."
      }
      action={<Link to="/dead-letters">Dead letters</Link>}
    />
  );
}
