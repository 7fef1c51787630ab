import { Anchor, Group, Stack, Text } from "@mantine/core";
import { data, Form, Link, redirect, useNavigation } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { FilterBar, FilterSelect } from "~/components/filters.tsx";
import { Notice } from "~/components/notice.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { Status } from "~/components/status.tsx";
import { UtcTime } from "~/components/time.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { REPLAY_TONES } from "~/features/dead-letters/letter-status.ts";
import { lettersWords } from "~/features/dead-letters/letter-words.ts";
import { abortReplay, resumeReplay } from "~/features/dead-letters/replay.server.ts";
import { ProgressBar } from "~/features/dead-letters/replay-progress.tsx";
import { ReplayedTable } from "~/features/dead-letters/replayed-table.tsx";
import {
  getReplay,
  isStalled,
  listReplayLetters,
  replaySearch,
} from "~/features/dead-letters/replays.server.ts";
import { errorResponse, notFound, parseId, parsePageSearch } from "~/lib/api-errors.ts";
import { formatCount } from "~/lib/format.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/replay";

export const handle: PageHandle = { live: ["dead-letters"] };

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, clock, engine } = context.get(servicesContext);
  const replayId = parseId(params.id, "replay");
  const query = parsePageSearch(url, replaySearch);
  const [replay, letters] = await Promise.all([
    getReplay(db, replayId),
    listReplayLetters(db, { ...query, replayId, limit: 50 }),
  ]);
  if (!replay) throw notFound("replay");
  const stalled = isStalled(replay, clock.now());
  return { replay, letters, stalled, runsHere: engine !== null };
}

export async function action({ params, request, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const id = parseId(params.id, "replay");
  const { intent } = await readForm(request);
  if (intent !== "abort" && intent !== "go-on") {
    throw errorResponse(400, "intent: must be abort or go-on");
  }
  const done =
    intent === "abort"
      ? await abortReplay(services.db, id, new Date(services.clock.now()))
      : await resumeReplay(services, id);
  if (done) return redirect(`/replays/${id}`);
  return data({ refused: "The replay does not run any more." }, 409);
}

export default function ReplayPage({ loaderData, actionData }: Route.ComponentProps) {
  const { replay, letters, stalled, runsHere } = loaderData;
  return (
    <Stack>
      <PageHead
        title={`Replay: ${replay.name}`}
        description="How far a replay of dead letters is, and what became of each letter."
        heading={
          <>
            {replay.name} <Status value={replay.status} tone={REPLAY_TONES[replay.status]} />
          </>
        }
      >
        <Text size="sm" c="dimmed">
          <Anchor component={Link} to="/dead-letters" underline="always">
            Dead letters
          </Anchor>{" "}
          › Replay {replay.id} of {lettersWords(replay.total)}
          {replay.choice && `: ${replay.choice}`}
        </Text>
      </PageHead>
      {actionData?.refused && (
        <Notice tone="warn" role="alert">
          {actionData.refused}
        </Notice>
      )}
      {stalled && (
        <Notice tone="warn" role="status" title="It waits for its job">
          The next letters are due and none was asked for. The job is started again with Go on;
          nothing is done twice.
        </Notice>
      )}
      <Panel
        title="Progress"
        description={WORDS[replay.status]}
        actions={replay.status === "running" && <Actions stalled={stalled} />}
      >
        <Progress replay={replay} />
      </Panel>
      <Panel
        title="Letters"
        description="In the order in which they are asked for."
        actions={<OutcomeFilter />}
      >
        {letters.data.length > 0 ? (
          <ReplayedTable letters={letters.data} runsHere={runsHere} />
        ) : (
          <Empty
            title="No letter here"
            why="None of the replay's letters fits; those that were released are open again."
          />
        )}
      </Panel>
      <Pager nextCursor={letters.nextCursor} first="First" next="More" />
    </Stack>
  );
}

type Loaded = Route.ComponentProps["loaderData"];

const WORDS: Record<Loaded["replay"]["status"], string> = {
  running: "It ends when every run it asked for has ended.",
  completed: "Every letter was asked for, and every run has ended.",
  aborted: "It was aborted: what had not been asked for is open again, what had goes on.",
};

function Progress({ replay }: Pick<Loaded, "replay">) {
  const { progress, total } = replay;
  return (
    <Stack gap="sm">
      <ProgressBar total={total} progress={progress} />
      <Facts>
        <Fact name="Succeeded">{formatCount(progress.succeeded)}</Fact>
        <Fact name="Failed again">{formatCount(progress.failedAgain)}</Fact>
        <Fact name="Running">{formatCount(progress.running)}</Fact>
        <Fact name="Waiting">{formatCount(progress.waiting)}</Fact>
        <Fact name="Released">{formatCount(progress.released)}</Fact>
        <Fact name="Letters a minute">{formatCount(replay.perMinute)}</Fact>
        <Fact name="Started">
          <UtcTime at={replay.createdAt} missing="" />
        </Fact>
        <Fact name="Ended">
          <UtcTime at={replay.finishedAt} missing="it goes on" />
        </Fact>
      </Facts>
    </Stack>
  );
}

function Actions({ stalled }: { stalled: boolean }) {
  const intent = useNavigation().formData?.get("intent");
  return (
    <Form method="post">
      <Group gap="sm">
        {stalled && (
          <WriteButton name="intent" value="go-on" pending={intent === "go-on"}>
            Go on
          </WriteButton>
        )}
        <WriteButton name="intent" value="abort" pending={intent === "abort"}>
          Abort
        </WriteButton>
      </Group>
      <WritesNotice />
    </Form>
  );
}

function OutcomeFilter() {
  return (
    <FilterBar label="Filter the letters of the replay">
      <FilterSelect
        name="outcome"
        label="Outcome"
        data={[
          { value: "", label: "Any" },
          { value: "waiting", label: "Waiting" },
          { value: "running", label: "Running" },
          { value: "succeeded", label: "Succeeded" },
          { value: "failed", label: "Failed again" },
        ]}
      />
    </FilterBar>
  );
}
