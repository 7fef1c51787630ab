import { Button, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { data, Link, redirect } from "react-router";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Panel } from "~/components/panel.tsx";
import { Status } from "~/components/status.tsx";
import { servicesContext } from "~/context.ts";
import { lastAttempts } from "~/features/dead-letters/attempts.server.ts";
import {
  countDiscarded,
  discardLetters,
  undoDiscard,
} from "~/features/dead-letters/commands.server.ts";
import { DiscardForm } from "~/features/dead-letters/discard-form.tsx";
import { LetterFacts } from "~/features/dead-letters/letter-facts.tsx";
import { letterInput, problemsByField } from "~/features/dead-letters/letter-input.server.ts";
import { LetterOutcome } from "~/features/dead-letters/letter-outcome.tsx";
import { LETTER_TONES } from "~/features/dead-letters/letter-status.ts";
import { letterAdvice } from "~/features/dead-letters/letter-words.ts";
import { getLetter } from "~/features/dead-letters/queries.server.ts";
import { dashboardUrl } from "~/features/runs/dashboard-url.ts";
import { ErrorBlock } from "~/features/runs/error-block.tsx";
import { JsonBlock } from "~/features/runs/json-block.tsx";
import { type RelatedRun, relatedRuns } from "~/features/runs/run.server.ts";
import { Related } from "~/features/runs/run-facts.tsx";
import { valueText } from "~/features/runs/value-text.server.ts";
import { Attempts } from "~/features/syncs/attempt-list.tsx";
import { errorResponse, notFound, parseId, problemsOf } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/dead-letter";

export const handle: PageHandle = { live: ["dead-letters"] };

export async function loader({ params, context }: Route.LoaderArgs) {
  const { db, engine, env } = context.get(servicesContext);
  const letter = await getLetter(db, parseId(params.id, "dead letter"));
  if (!letter) throw notFound("dead letter");
  const ids = [letter.runId, letter.replayRunId].filter((id) => id !== null);
  const [tried, related, together] = await Promise.all([
    lastAttempts(db, letter.runId),
    engine === null ? null : relatedRuns(db, ids),
    letter.discardKey === null ? 0 : countDiscarded(db, letter.discardKey),
  ]);
  const { event, ...rest } = letter;
  return {
    letter: { ...rest, event: null },
    event: valueText(event),
    tried,
    together,
    runs: related && Object.fromEntries(ids.map((id) => [id, related.get(id) ?? null])),
    elsewhere: engine === null ? dashboardUrl(env) : null,
  };
}

export async function action({ params, request, context }: Route.ActionArgs) {
  const { db, clock } = context.get(servicesContext);
  const id = parseId(params.id, "dead letter");
  const typed = await readForm(request);
  const { success, data: sent, error } = letterInput.safeParse(typed);
  if (!success) {
    const { reason } = problemsByField(error);
    if (!reason) throw errorResponse(400, problemsOf(error));
    return data({ reason: typed.reason ?? "", problem: reason }, 400);
  }
  const letter = await getLetter(db, id);
  if (!letter) throw notFound("dead letter");
  if (sent.intent === "discard") {
    const now = new Date(clock.now());
    const filter = { letter: String(id), until: new Date(letter.failedAt).toISOString() };
    const { reason, requestKey: key = crypto.randomUUID() } = sent;
    await discardLetters(db, filter, { reason, key, now });
  } else if (letter.discardKey !== null) {
    await undoDiscard(db, { key: letter.discardKey, letterId: id });
  }
  return redirect(`/dead-letters/${id}`);
}

type Loaded = Route.ComponentProps["loaderData"];

export default function DeadLetter({ loaderData, actionData }: Route.ComponentProps) {
  const { letter, event, tried, together } = loaderData;
  const free = letter.status === "open" && letter.replay?.status !== "running";
  return (
    <Stack>
      <PageHead
        title={`Dead letter ${letter.id}`}
        description={`${letter.functionId}: ${letter.errorCode}`}
        heading={
          <>
            Dead letter {letter.id}{" "}
            <Status value={letter.status} tone={LETTER_TONES[letter.status]} />
          </>
        }
      >
        <Text size="sm" c="dimmed">
          <Link to="/dead-letters">Dead letters</Link> › {letter.functionId}
          {letter.stream && `, ${letter.stream}`}
        </Text>
      </PageHead>
      <LetterOutcome
        letter={letter}
        together={together}
        run={<Run id={letter.replayRunId} loaded={loaderData} />}
      />
      <Panel
        title="Error"
        description={letter.status === "open" && letterAdvice(letter.errorCode)}
        actions={
          free && (
            <Button component={Link} size="xs" to={`/dead-letters/replay?letter=${letter.id}`}>
              Replay…
            </Button>
          )
        }
      >
        <ErrorBlock error={{ name: letter.errorCode, message: letter.errorMessage, stack: null }} />
      </Panel>
      <Panel title="Attempts" description={attemptsWords(tried)}>
        <Tried tried={tried} />
      </Panel>
      <Panel title="Letter">
        <LetterFacts letter={letter} run={<Run id={letter.runId} loaded={loaderData} />} />
      </Panel>
      <Panel title="Event" description="As the failed run got it; a replay sends the same data.">
        <JsonBlock name="Event" json={event} whole={`/api/v1/dead-letters/${letter.id}`} />
      </Panel>
      {free && (
        <Panel
          title="Discard"
          description="Puts the letter away: its work is not to be done again."
        >
          <DiscardForm
            letters="Discard this letter"
            reason={actionData?.reason}
            problem={actionData?.problem}
          />
        </Panel>
      )}
    </Stack>
  );
}

/** A run by its page, or by its id where another server has it. */
function Run({
  id,
  loaded: { runs, elsewhere },
}: {
  id: string | null;
  loaded: { runs: Record<string, RelatedRun | null> | null; elsewhere: string | null };
}): ReactNode {
  if (id === null) return "By a run of another time.";
  if (runs !== null) return <Related id={id} run={runs[id] ?? null} />;
  return (
    <>
      {id} (<a href={elsewhere ?? ""}>dashboard</a>)
    </>
  );
}

function attemptsWords({ attempts, earlier }: Loaded["tried"]): string {
  if (attempts.length === 0) return "What the run tried before it gave up.";
  return earlier
    ? `The last ${attempts.length} attempts before the run gave up.`
    : "What the run tried before it gave up.";
}

function Tried({ tried: { attempts } }: { tried: Loaded["tried"] }) {
  const first = attempts[0];
  if (!first) {
    return (
      <Text size="sm" c="dimmed">
        No attempt is recorded: the run failed before its first step, or its attempts are past their
        time.
      </Text>
    );
  }
  const ends = attempts.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs);
  const start = Date.parse(first.startedAt);
  return <Attempts attempts={attempts} span={{ start, end: Math.max(start + 1, ...ends) }} />;
}
