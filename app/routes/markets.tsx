import { Button, Stack, Text } from "@mantine/core";
import { data, Link, useLocation } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import { Notice } from "~/components/notice.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { servicesContext } from "~/context.ts";
import { type Browse, browseMarkets } from "~/features/markets/browse.server.ts";
import { BrowseTable } from "~/features/markets/browse-table.tsx";
import { MarketFilterBar } from "~/features/markets/market-filters.tsx";
import { listLabels } from "~/features/markets/market-list.server.ts";
import { marketPageSearch } from "~/features/markets/market-page-search.ts";
import { MATCHES_RANKED } from "~/features/markets/market-sorts.ts";
import { HealthNotice } from "~/features/syncs/health-notice.tsx";
import { type DataHealth, getDataHealth } from "~/features/syncs/queries.server.ts";
import { requireVenue, searchFieldsOf } from "~/lib/api-errors.ts";
import type { Route } from "./+types/markets";

export const handle: PageHandle = { live: ["markets"], venue: true };

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, venues, clock } = context.get(servicesContext);
  const search = marketPageSearch.safeParse(searchFieldsOf(url));
  if (search.data?.venue !== undefined) requireVenue(venues, search.data.venue);
  const [found, labels, health] = await Promise.all([
    search.success &&
      browseMarkets(db, { search: search.data, limit: 50, now: new Date(clock.now()) }),
    listLabels(db),
    getDataHealth(db, "markets"),
  ]);
  const venueName = venues.map(({ name }) => name).join(", ");
  const page = { labels, health, venueName };
  if (found) return { ...page, found, problems: [] };
  const problems =
    search.error?.issues.map(({ path, message }) => `${nameOf(path[0])} ${message}`) ?? [];
  return data({ ...page, found: null, problems }, 400);
}

const FIELD_NAMES: Record<string, string> = {
  q: "Search",
  minPrice: "Price from",
  maxPrice: "Price to",
  minVolume: "Min. volume",
};

/** What the page calls a search parameter. */
function nameOf(field: PropertyKey | undefined): string {
  return field === undefined ? "The address" : (FIELD_NAMES[String(field)] ?? String(field));
}

export default function Markets({ loaderData }: Route.ComponentProps) {
  const { found, problems, labels, health, venueName } = loaderData;
  return (
    <Stack>
      <PageHead
        title="Markets"
        description="What can be traded: prices, how they move, and how much is traded."
      />
      {(health.failing || health.pause) && <HealthNotice health={health} venueName={venueName} />}
      <MarketFilterBar labels={labels} />
      {found ? (
        <Found found={found} health={health} />
      ) : (
        <Notice tone="bad" role="alert" title="These filters cannot be used">
          {problems.join("; ")}
        </Notice>
      )}
    </Stack>
  );
}

function Found({ found, health }: { found: Browse; health: DataHealth }) {
  const { search } = useLocation();
  const filters = new URLSearchParams(search);
  filters.delete("open");
  const held = useHeldRows(found, ({ id }) => id, filters.toString());
  return (
    <>
      <SearchNote search={found.search} />
      {held.rows.length > 0 ? (
        <div>
          <NewRows held={held} noun="markets" />
          <BrowseTable rows={held.rows} sort={found.sort} />
        </div>
      ) : (
        <NothingFound health={health} filters={filters} />
      )}
      <Pager nextCursor={held.nextCursor} first="First page" next="Next page" />
    </>
  );
}

function SearchNote({ search }: { search: Browse["search"] }) {
  if (!search?.corrected && !search?.more) return null;
  return (
    <Text size="sm" c="dimmed" role="status">
      {search.corrected?.map(({ typed, meant }) => (
        <span key={typed}>
          No title holds “{typed}”; these hold <b>{meant.join(" or ")}</b>.{" "}
        </span>
      ))}
      {search.more && `The ${MATCHES_RANKED} best matches are listed; another word narrows them.`}
    </Text>
  );
}

function NothingFound({ health, filters }: { health: DataHealth; filters: URLSearchParams }) {
  const hasData = health.lastDataAt !== null;
  const venue = filters.get("venue");
  filters.delete("venue");
  if ([...filters.keys()].length > 0) {
    return (
      <Empty
        framed
        title="No market fits"
        why="No stored market has all that is asked for. Closed markets are left out unless the status says otherwise."
        action={
          <Button
            component={Link}
            to={venue ? `/markets?${new URLSearchParams({ venue })}` : "/markets"}
            variant="default"
            size="xs"
          >
            Clear the filters
          </Button>
        }
      />
    );
  }
  return (
    <Empty
      framed
      title={hasData ? "No open markets" : "No markets yet"}
      why={
        hasData
          ? "No stored market is open."
          : health.failing
            ? "The venue's list could not be read so far."
            : "The venue's list is read for the first time within a minute of the start."
      }
      action={
        <Button component={Link} to="/syncs" variant="default" size="xs">
          See the syncs
        </Button>
      }
    />
  );
}
