import { Button, EmptyState, Group, Stack } from "@mantine/core";
import { Link } from "react-router";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { servicesContext } from "~/context.ts";
import { MarketTable } from "~/features/markets/market-table.tsx";
import { listTopMarkets, marketPageSearch } from "~/features/markets/queries.server.ts";
import { HealthNotice } from "~/features/syncs/health-notice.tsx";
import { getDataHealth } from "~/features/syncs/queries.server.ts";
import { parseSearch } from "~/lib/api-errors.ts";
import type { Route } from "./+types/markets";

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, venues } = context.get(servicesContext);
  const { cursor, status = "activated" } = parseSearch(url, marketPageSearch);
  const [markets, health] = await Promise.all([
    listTopMarkets(db, { cursor, status: status === "all" ? undefined : status, limit: 50 }),
    getDataHealth(db, "markets"),
  ]);
  return { markets, health, status, venueName: venues.map(({ name }) => name).join(", ") };
}

const VIEWS = [
  { status: "activated", label: "Open" },
  { status: "resolved", label: "Resolved" },
  { status: "all", label: "All" },
];

export default function Markets({ loaderData }: Route.ComponentProps) {
  const { markets, health, status, venueName } = loaderData;
  return (
    <Stack>
      <PageHead
        title="Markets"
        description="What can be traded, most traded in the last 24 hours first."
      />
      <HealthNotice health={health} venueName={venueName} />
      <Group component="nav" aria-label="Markets by status" gap="xs">
        {VIEWS.map((view) => (
          <Button
            key={view.status}
            component={Link}
            to={view.status === "activated" ? "/markets" : `/markets?status=${view.status}`}
            size="compact-sm"
            variant={view.status === status ? "filled" : "default"}
            aria-current={view.status === status ? "page" : undefined}
          >
            {view.label}
          </Button>
        ))}
      </Group>
      {markets.data.length > 0 ? (
        <MarketTable caption="Markets" markets={markets.data} />
      ) : (
        <EmptyState
          title="No markets here"
          description={
            health.lastDataAt
              ? "No stored market has this status."
              : "The catalog is read for the first time within a minute of the start, then every 5 minutes."
          }
        />
      )}
      <Pager nextCursor={markets.nextCursor} first="First page" next="Next page" />
    </Stack>
  );
}
