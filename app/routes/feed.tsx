import { Button, EmptyState, Stack } from "@mantine/core";
import { Link } from "react-router";
import { z } from "zod";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { servicesContext } from "~/context.ts";
import { HealthNotice, WalletsHint } from "~/features/syncs/health-notice.tsx";
import { getDataHealth } from "~/features/syncs/queries.server.ts";
import { listTrades } from "~/features/trades/queries.server.ts";
import { TradeTable } from "~/features/trades/trade-table.tsx";
import { hasFollowedWhales } from "~/features/whales/queries.server.ts";
import { parseSearch } from "~/lib/api-errors.ts";
import type { Route } from "./+types/feed";

const search = z.strictObject({ cursor: z.string().optional() });

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, venues } = context.get(servicesContext);
  const { cursor } = parseSearch(url, search);
  const [trades, health, followsAny] = await Promise.all([
    listTrades(db, { cursor, limit: 50 }),
    getDataHealth(db, "whales"),
    hasFollowedWhales(db),
  ]);
  return {
    trades,
    health,
    followsAny,
    venues: venues.map(({ name, walletsHint }) => ({ name, walletsHint })),
  };
}

export default function Feed({ loaderData }: Route.ComponentProps) {
  const { trades, health, followsAny, venues } = loaderData;
  const closed = venues.filter((venue) => venue.walletsHint !== null);
  return (
    <Stack>
      <PageHead
        title="Feed"
        description="The newest trades of the whales, every fill its own row."
      />
      {closed.map(({ name, walletsHint }) => (
        <WalletsHint key={name} venueName={name} hint={walletsHint ?? ""} />
      ))}
      {closed.length < venues.length && (
        <HealthNotice health={health} venueName={venues.map(({ name }) => name).join(", ")} />
      )}
      {trades.data.length > 0 ? (
        <TradeTable caption="Newest trades" trades={trades.data} />
      ) : (
        <NoTrades followsAny={followsAny} closed={closed.length === venues.length} />
      )}
      <Pager nextCursor={trades.nextCursor} first="Newest" next="Older" />
    </Stack>
  );
}

function NoTrades({ followsAny, closed }: { followsAny: boolean; closed: boolean }) {
  if (closed) {
    return (
      <EmptyState
        title="No trades without a key"
        description="Until a key is set, markets and their prices are all there is to see."
      >
        <EmptyState.Actions>
          <Button component={Link} to="/markets">
            See the markets
          </Button>
        </EmptyState.Actions>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={followsAny ? "The first trades are on their way" : "No whale is followed yet"}
      description={
        followsAny
          ? "The followed wallets are being read for the first time; a full history can take some minutes."
          : "Discovery looks for large traders at the start and every night. You can also follow a wallet yourself."
      }
    >
      <EmptyState.Actions>
        <Button component={Link} to={followsAny ? "/syncs" : "/whales"}>
          {followsAny ? "See the syncs" : "Follow a wallet"}
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  );
}
