import { Button, Stack } from "@mantine/core";
import { Link } from "react-router";
import { Empty } from "~/components/empty.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { servicesContext } from "~/context.ts";
import { HealthNotice, WalletsHint } from "~/features/syncs/health-notice.tsx";
import { getDataHealth } from "~/features/syncs/queries.server.ts";
import { getHighlights } from "~/features/trades/highlights.server.ts";
import { HighlightStrip } from "~/features/trades/highlights.tsx";
import { listTrades } from "~/features/trades/queries.server.ts";
import { TradeFilters } from "~/features/trades/trade-filters.tsx";
import { TradeList } from "~/features/trades/trade-list.tsx";
import {
  getTradeSubjects,
  tradeFilterOf,
  tradePageSearch,
} from "~/features/trades/trade-search.server.ts";
import { hasFollowedWhales } from "~/features/whales/queries.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import type { Route } from "./+types/feed";

export const handle: PageHandle = {
  live: ["trades"],
  venue: true,
  windows: { offered: ["1h", "24h", "7d", "30d", "all"], initial: "all" },
};

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, venues, clock } = context.get(servicesContext);
  const { cursor, ...search } = parsePageSearch(url, tradePageSearch);
  const now = clock.now();
  const filter = tradeFilterOf(search, { now, venues });
  const [subjects, page, highlights, health, followsAny] = await Promise.all([
    getTradeSubjects(db, filter),
    listTrades(db, { ...filter, cursor, limit: 50 }),
    cursor === undefined ? getHighlights(db, { now, venue: filter.venue }) : null,
    getDataHealth(db, "whales"),
    hasFollowedWhales(db),
  ]);
  const hints = venues.map(({ name, walletsHint }) => ({ name, walletsHint }));
  const filtered = url.searchParams.size > 0;
  return { subjects, page, highlights, health, followsAny, filtered, venues: hints };
}

export default function Feed({ loaderData }: Route.ComponentProps) {
  const { subjects, page, highlights, health, followsAny, filtered, venues } = loaderData;
  const closed = venues.filter((venue) => venue.walletsHint !== null);
  const names = venues.map(({ name }) => name).join(", ");
  return (
    <Stack>
      <PageHead
        title="Feed"
        description="The newest trades of the whales, every fill its own row."
      />
      {closed.map(({ name, walletsHint }) => (
        <WalletsHint key={name} venueName={name} hint={walletsHint ?? ""} />
      ))}
      {health.failing && closed.length < venues.length && (
        <HealthNotice health={health} venueName={names} />
      )}
      {highlights?.biggest.some(({ trade }) => trade) && <HighlightStrip highlights={highlights} />}
      {(filtered || page.data.length > 0) && <TradeFilters subjects={subjects} />}
      <TradeList
        caption="Newest trades"
        page={page}
        empty={<NoTrades followsAny={followsAny} closed={closed.length === venues.length} />}
      />
    </Stack>
  );
}

function NoTrades({ followsAny, closed }: { followsAny: boolean; closed: boolean }) {
  if (closed) {
    return (
      <Empty
        framed
        title="No trades without a key"
        why="Until a key is set, markets and their prices are all there is to see."
        action={
          <Button component={Link} to="/markets">
            See the markets
          </Button>
        }
      />
    );
  }
  return (
    <Empty
      framed
      title={followsAny ? "The first trades are on their way" : "No whale is followed yet"}
      why={
        followsAny
          ? "The followed wallets are being read for the first time; a full history can take some minutes."
          : "Discovery looks for large traders at the start and every night. You can also follow a wallet yourself."
      }
      action={
        <Button component={Link} to={followsAny ? "/syncs" : "/whales"}>
          {followsAny ? "See the syncs" : "Follow a wallet"}
        </Button>
      }
    />
  );
}
