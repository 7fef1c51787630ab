import { Alert, Paper, Stack, Text, Title } from "@mantine/core";
import { z } from "zod";
import classes from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { Missing } from "~/components/missing.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Status } from "~/components/status.tsx";
import { Time, UtcTime } from "~/components/time.tsx";
import { servicesContext } from "~/context.ts";
import {
  getSync,
  listSyncParts,
  type SyncItem,
  type SyncPartItem,
} from "~/features/syncs/queries.server.ts";
import { Took } from "~/features/syncs/sync-table.tsx";
import { notFound, parseId, parseSearch } from "~/lib/api-errors.ts";
import { formatCount } from "~/lib/format.ts";
import type { Route } from "./+types/sync";

const search = z.strictObject({ cursor: z.string().optional() });

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db } = context.get(servicesContext);
  const id = parseId(params.id, "sync");
  const { cursor } = parseSearch(url, search);
  const [sync, parts] = await Promise.all([
    getSync(db, id),
    listSyncParts(db, { syncLogId: id, cursor, limit: 50 }),
  ]);
  if (!sync) throw notFound("sync");
  return { sync, parts };
}

export default function Sync({ loaderData: { sync, parts } }: Route.ComponentProps) {
  const failed = sync.status === "failed" || sync.errorCode !== null;
  return (
    <Stack>
      <PageHead
        title={`Sync ${sync.id}: ${sync.type}`}
        description={`What run ${sync.id} of ${sync.type} did.`}
      >
        <Status value={sync.status} />
      </PageHead>
      {failed && (
        <Alert color="red" role="status" title={sync.errorCode ?? "The run failed"}>
          {sync.errorMessage ?? "No message was recorded."}
        </Alert>
      )}
      {sync.note && <Text>{sync.note}</Text>}
      <Paper withBorder p="md">
        <SyncFacts sync={sync} />
      </Paper>
      <section>
        <Title order={2} size="h4" mb="xs">
          Parts
        </Title>
        {parts.data.length > 0 ? (
          <PartTable parts={parts.data} />
        ) : (
          <Text c="dimmed">
            {sync.partsTotal > 0
              ? "None of its parts has reported yet."
              : "This run did its work in one piece."}
          </Text>
        )}
      </section>
      <Pager nextCursor={parts.nextCursor} first="First parts" next="More parts" />
    </Stack>
  );
}

function SyncFacts({ sync }: { sync: SyncItem }) {
  const counts = {
    Requests: sync.requests,
    Fetched: sync.fetched,
    New: sync.created,
    Updated: sync.updated,
    Duplicate: sync.duplicate,
    Quarantined: sync.quarantined,
    "Parts asked for": sync.partsTotal,
    "Parts done": sync.partsDone,
    "Parts failed": sync.partsFailed,
  };
  return (
    <Facts>
      <Fact name="Started">
        <UtcTime at={sync.startedAt} missing="" />
      </Fact>
      <Fact name="Finished">
        <UtcTime at={sync.finishedAt} missing="still running" />
      </Fact>
      <Fact name="Took">
        <Took sync={sync} />
      </Fact>
      <Fact name="Trigger">{sync.trigger}</Fact>
      {Object.entries(counts).map(([name, count]) => (
        <Fact key={name} name={name}>
          {formatCount(count)}
        </Fact>
      ))}
      <Fact name="Correlation id">
        <span className={classes.mono}>{sync.correlationId}</span>
      </Fact>
    </Facts>
  );
}

const COLUMNS = [
  { label: "Part" },
  { label: "Status" },
  { label: "Finished" },
  { label: "Requests", numeric: true },
  { label: "Fetched", numeric: true },
  { label: "New", numeric: true },
  { label: "Updated", numeric: true },
  { label: "Duplicate", numeric: true },
  { label: "Quarantined", numeric: true },
  { label: "Error" },
];

const FIGURES = ["requests", "fetched", "created", "updated", "duplicate", "quarantined"] as const;

function PartTable({ parts }: { parts: readonly SyncPartItem[] }) {
  return (
    <DataTable caption="Parts of this run" columns={COLUMNS}>
      {parts.map((part) => (
        <tr key={part.key}>
          <td className={classes.mono}>{part.key}</td>
          <td>
            <Status value={part.status} />
          </td>
          <td>
            <Time at={part.finishedAt} missing="still running" />
          </td>
          {FIGURES.map((name) => (
            <td key={name} className={classes.num}>
              {part.status === "running" && part[name] === 0 ? (
                <Missing why="not reported yet" />
              ) : (
                formatCount(part[name])
              )}
            </td>
          ))}
          <td className={classes.wide}>
            {[part.errorCode, part.errorMessage].filter(Boolean).join(": ")}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
