import { Anchor, Stack, Text } from "@mantine/core";
import { data, Link, redirect } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { Panel } from "~/components/panel.tsx";
import { servicesContext } from "~/context.ts";
import { discardLetters } from "~/features/dead-letters/commands.server.ts";
import { DiscardForm } from "~/features/dead-letters/discard-form.tsx";
import { countFree } from "~/features/dead-letters/dry-run.server.ts";
import {
  chosenSearch,
  freeze,
  frozenFilter,
  searchOf,
} from "~/features/dead-letters/letter-filter.ts";
import { discardInput, problemsByField } from "~/features/dead-letters/letter-input.server.ts";
import { MOST_LETTERS } from "~/features/dead-letters/letter-limits.ts";
import { chosenWords, lettersWords } from "~/features/dead-letters/letter-words.ts";
import { errorResponse, parsePageSearch, problemsOf } from "~/lib/api-errors.ts";
import { formatUtc } from "~/lib/format.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/dead-letters.discard";

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const chosen = parsePageSearch(url, chosenSearch);
  const filter = freeze(chosen, clock.now());
  if (chosen.until === undefined) return redirect(`/dead-letters/discard?${searchOf(filter)}`);
  return { filter, count: await countFree(db, filter) };
}

export async function action({ request, url, context }: Route.ActionArgs) {
  const { db, clock } = context.get(servicesContext);
  const filter = parsePageSearch(url, frozenFilter);
  const { intent: _, ...typed } = await readForm(request);
  const { success, data: discard, error } = discardInput.safeParse(typed);
  if (!success) {
    const problems = problemsByField(error);
    if (!problems.reason) throw errorResponse(400, problemsOf(error));
    return data({ reason: typed.reason ?? "", problem: problems.reason }, 400);
  }
  const { reason, requestKey: key = crypto.randomUUID() } = discard;
  await discardLetters(db, filter, { reason, key, now: new Date(clock.now()) });
  return redirect(`/dead-letters?${searchOf({ discarded: key })}`);
}

export default function DiscardLetters({ loaderData, actionData }: Route.ComponentProps) {
  const { filter, count } = loaderData;
  const taken = Math.min(count, MOST_LETTERS);
  return (
    <Stack>
      <PageHead
        title="Discard dead letters"
        description="Puts letters away whose work is not to be done again."
      >
        <Text size="sm" c="dimmed">
          <Anchor component={Link} to="/dead-letters" underline="always">
            Dead letters
          </Anchor>{" "}
          › {chosenWords(filter)}, failed until {formatUtc(filter.until)}.
        </Text>
      </PageHead>
      {count === 0 ? (
        <Empty
          framed
          title="There is nothing to discard"
          why="No open letter fits that is free of a running replay."
          action={<Link to="/dead-letters">Dead letters</Link>}
        />
      ) : (
        <Panel
          title={`${lettersWords(taken)} would be discarded`}
          description={
            count > MOST_LETTERS
              ? "There are more; these are the oldest. Their work is not done again, and nothing else is changed."
              : "Their work is not done again; nothing else is changed."
          }
        >
          <DiscardForm
            letters={`Discard ${lettersWords(taken)}`}
            reason={actionData?.reason}
            problem={actionData?.problem}
          />
        </Panel>
      )}
    </Stack>
  );
}
