import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { data, Link, redirect } from "react-router";
import { z } from "zod";
import { PageHead } from "~/components/page-head.tsx";
import { Panel } from "~/components/panel.tsx";
import { Stat, Stats } from "~/components/stat.tsx";
import { WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { WalletsHint } from "~/features/syncs/health-notice.tsx";
import { type ImportCounts, importWhales, previewImport } from "~/features/whales/import.server.ts";
import { IMPORT_LIMITS, parseImport } from "~/features/whales/import.ts";
import { ImportForm } from "~/features/whales/import-form.tsx";
import { ImportPreview } from "~/features/whales/import-preview.tsx";
import { errorResponse, parsePageSearch } from "~/lib/api-errors.ts";
import { formatCount } from "~/lib/format.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/whales.import";

const count = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)
  .optional();

/** What an import did, as the page that follows it shows. */
const search = z.strictObject({
  created: count,
  refollowed: count,
  relabelled: count,
  unchanged: count,
  skipped: count,
});

/** Percent-encoding, as forms are sent, takes up to three bytes for one. */
const BODY_LIMIT = 4 * IMPORT_LIMITS.bytes;

export function loader({ url, context }: Route.LoaderArgs) {
  const { venues } = context.get(servicesContext);
  const done = parsePageSearch(url, search);
  return {
    done: done.created === undefined ? null : done,
    closed: venues.flatMap(({ id, name, walletsHint: hint }) => (hint ? [{ id, name, hint }] : [])),
  };
}

export async function action({ request, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const { intent, list: text = "", relabel } = await readForm(request, BODY_LIMIT);
  if (intent === "edit") return { text, preview: null, refused: null };
  if (intent !== "preview" && intent !== "import") {
    throw errorResponse(400, "intent: must be preview, import or edit");
  }
  const parsed = parseImport(
    text,
    services.venues.map(({ id }) => id),
  );
  if (parsed.refused !== null) {
    return data({ text, preview: null, refused: parsed.refused }, 400);
  }
  if (intent === "preview") {
    return { text, preview: await previewImport(services.db, parsed), refused: null };
  }
  const counts = await importWhales(services, parsed.rows, { relabel: relabel === "yes" });
  return redirect(`/whales/import?${resultOf(counts, parsed.problems.length)}`);
}

function resultOf(counts: ImportCounts, skipped: number): URLSearchParams {
  const all = Object.entries({ ...counts, skipped });
  return new URLSearchParams(all.map(([name, value]) => [name, String(value)]));
}

export default function ImportWhales({ loaderData, actionData }: Route.ComponentProps) {
  const { done, closed } = loaderData;
  return (
    <Stack>
      <PageHead
        title="Import wallets"
        description="Follow many wallets at once: paste a list or choose a CSV file."
      >
        <Text size="sm" c="dimmed">
          <Anchor component={Link} to="/whales" underline="always">
            Whales
          </Anchor>{" "}
          › Follow many wallets at once: paste a list or choose a CSV file.
        </Text>
      </PageHead>
      {closed.map(({ id, name, hint }) => (
        <WalletsHint key={id} venueName={name} hint={hint} />
      ))}
      {actionData?.preview ? (
        <ImportPreview text={actionData.text} preview={actionData.preview} />
      ) : done && !actionData ? (
        <Result done={done} />
      ) : (
        <Panel
          title="The list"
          description="Columns: address, label, venue; a heading line may name them in any order. At most 5,000 rows and 1 MB."
        >
          <ImportForm text={actionData?.text ?? ""} refused={actionData?.refused} />
          <WritesNotice />
        </Panel>
      )}
    </Stack>
  );
}

function Result({ done }: { done: z.output<typeof search> }) {
  return (
    <Panel title="The list is imported" description="The wallets are read from the next minute on.">
      <Stack>
        <Stats>
          <Stat name="New" value={formatCount(done.created ?? 0)} />
          <Stat name="Followed again" value={formatCount(done.refollowed ?? 0)} />
          <Stat name="Labels changed" value={formatCount(done.relabelled ?? 0)} />
          <Stat name="Unchanged" value={formatCount(done.unchanged ?? 0)} />
          <Stat name="Lines left out" value={formatCount(done.skipped ?? 0)} />
        </Stats>
        <Group gap="sm">
          <Button component={Link} to="/whales?source=imported">
            See the imported wallets
          </Button>
          <Button component={Link} to="/whales/import" variant="default">
            Import another list
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
