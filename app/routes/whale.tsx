import { Alert, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Form, redirect } from "react-router";
import { z } from "zod";
import tableClasses from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { Missing } from "~/components/missing.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Time, UtcTime } from "~/components/time.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { WalletsHint } from "~/features/syncs/health-notice.tsx";
import { listTrades } from "~/features/trades/queries.server.ts";
import { TradeTable } from "~/features/trades/trade-table.tsx";
import { followWhale, unfollowWhale } from "~/features/whales/commands.server.ts";
import { getWhale, type WhaleDetail, type WindowStats } from "~/features/whales/queries.server.ts";
import { StatVolume } from "~/features/whales/whale-table.tsx";
import { errorResponse, notFound, parseId, parseSearch } from "~/lib/api-errors.ts";
import { formatCount, shortAddress } from "~/lib/format.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/whale";

const search = z.strictObject({ cursor: z.string().optional() });

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, venues } = context.get(servicesContext);
  const id = parseId(params.id, "whale");
  const { cursor } = parseSearch(url, search);
  const [whale, trades] = await Promise.all([
    getWhale(db, id),
    listTrades(db, { whaleId: id, cursor, limit: 50 }),
  ]);
  if (!whale) throw notFound("whale");
  const venue = venues.find((candidate) => candidate.id === whale.venue);
  return { whale, trades, venueName: venue?.name ?? whale.venue, hint: venue?.walletsHint ?? null };
}

export async function action({ params, request, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const id = parseId(params.id, "whale");
  const { intent } = await readForm(request);
  if (intent !== "follow" && intent !== "unfollow") {
    throw errorResponse(400, "intent: must be follow or unfollow");
  }
  const whale = await getWhale(services.db, id);
  if (!whale) throw notFound("whale");
  if (intent === "follow") {
    await followWhale(services, { venue: whale.venue, address: whale.address });
  } else {
    await unfollowWhale(services.db, id);
  }
  return redirect(`/whales/${id}`);
}

export default function Whale({ loaderData }: Route.ComponentProps) {
  const { whale, trades, venueName, hint } = loaderData;
  const name = whale.label ?? shortAddress(whale.address);
  return (
    <Stack>
      <PageHead title={name} description={`Trades and figures of the wallet ${whale.address}.`}>
        <Text size="sm" className={tableClasses.mono} style={{ overflowWrap: "anywhere" }}>
          {whale.address}
        </Text>
      </PageHead>
      {hint && <WalletsHint venueName={venueName} hint={hint} />}
      <FollowState whale={whale} />
      <Paper withBorder p="md">
        <HistoryFacts whale={whale} />
      </Paper>
      <StatsTable stats={whale.stats} />
      <section>
        <Title order={2} size="h4" mb="xs">
          Trades
        </Title>
        {trades.data.length > 0 ? (
          <TradeTable caption={`Trades of ${name}`} trades={trades.data} without="whale" />
        ) : (
          <Text c="dimmed">{whyNoTrades(whale)}</Text>
        )}
      </section>
      <Pager nextCursor={trades.nextCursor} first="Newest" next="Older" />
    </Stack>
  );
}

function FollowState({ whale }: { whale: WhaleDetail }) {
  return (
    <Form method="post">
      <Group gap="sm">
        <Text size="sm">
          {whale.followed ? (
            <>
              Followed since <UtcTime at={whale.followedAt} missing="the time is not known" />
            </>
          ) : (
            "Not followed: no new trades are read; what is stored stays."
          )}
        </Text>
        <input type="hidden" name="intent" value={whale.followed ? "unfollow" : "follow"} />
        <WriteButton>{whale.followed ? "Unfollow" : "Follow"}</WriteButton>
      </Group>
      <WritesNotice />
    </Form>
  );
}

function HistoryFacts({ whale: { history, lastTradeAt, source } }: { whale: WhaleDetail }) {
  return (
    <Stack gap="sm">
      <Facts>
        <Fact name="History complete since">
          {history?.completeSince ? (
            <UtcTime at={history.completeSince} missing="" />
          ) : (
            "still being read"
          )}
        </Fact>
        <Fact name="Last read">
          <Time at={history?.lastReadAt ?? null} missing="not read yet" />
        </Fact>
        <Fact name="Trades stored so far">
          {history ? formatCount(history.storedTotal) : <Missing why="not read yet" />}
        </Fact>
        <Fact name="Trades the venue counts">
          {history?.venueTotal != null ? (
            formatCount(history.venueTotal)
          ) : (
            <Missing why="not known until the history is complete" />
          )}
        </Fact>
        <Fact name="Last trade">
          <Time at={lastTradeAt} missing="no trade has been read yet" />
        </Fact>
        <Fact name="Found by">{source}</Fact>
      </Facts>
      {history?.lastErrorCode && (
        <Alert color="red" role="status" title="The last read failed">
          {history.lastErrorCode}: {history.lastErrorMessage}. It is tried again on schedule.
        </Alert>
      )}
    </Stack>
  );
}

const WINDOW_NAMES = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", all: "All kept" };

const STAT_COLUMNS = [
  { label: "Window" },
  { label: "Volume", numeric: true },
  { label: "Trades", numeric: true },
  { label: "Last trade" },
  { label: "Computed" },
];

function StatsTable({ stats }: { stats: WindowStats[] }) {
  return (
    <DataTable caption="Figures by window" columns={STAT_COLUMNS}>
      {stats.map((row) => (
        <tr key={row.window}>
          <td>{WINDOW_NAMES[row.window]}</td>
          <td className={tableClasses.num}>
            <StatVolume stats={row} />
          </td>
          <td className={tableClasses.num}>
            {row.tradeCount === null ? (
              <Missing why={row.withheld ?? "not computed yet"} />
            ) : (
              formatCount(row.tradeCount)
            )}
          </td>
          <td>
            <Time at={row.lastTradeAt} missing={row.withheld ?? "no trade in this window"} />
          </td>
          <td>
            <Time at={row.computedAt} missing="computed hourly, on the hour" />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function whyNoTrades({ history, followed }: WhaleDetail): string {
  if (history?.completeSince) return "The venue lists no trades of this wallet.";
  return followed
    ? "The history is still being read; its first trades appear here as they are stored."
    : "No trade of this wallet is stored. Follow it to read its history.";
}
