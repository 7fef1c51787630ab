import { Button, Stack, Text } from "@mantine/core";
import { data, Link, redirect, useLocation } from "react-router";
import { z } from "zod";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { Ago } from "~/components/time.tsx";
import { servicesContext } from "~/context.ts";
import { HealthNotice, WalletsHint } from "~/features/syncs/health-notice.tsx";
import { getDataHealth } from "~/features/syncs/queries.server.ts";
import { followWhale, refollowWhale, unfollowWhale } from "~/features/whales/commands.server.ts";
import { FollowForm } from "~/features/whales/follow-form.tsx";
import { followInput } from "~/features/whales/follow-input.ts";
import {
  leaderboardFilterOf,
  leaderboardSearch,
  listLeaderboard,
  type RankedWhale,
} from "~/features/whales/leaderboard.server.ts";
import {
  LEADERBOARD_WINDOWS,
  type LeaderboardWindow,
  METRIC_WORDS,
  type Metric,
} from "~/features/whales/leaderboard.ts";
import { NoWhales } from "~/features/whales/no-whales.tsx";
import { getWhaleName } from "~/features/whales/queries.server.ts";
import { UnfollowedNotice } from "~/features/whales/unfollowed-notice.tsx";
import { WhaleFilters } from "~/features/whales/whale-filters.tsx";
import { WhaleTable } from "~/features/whales/whale-table.tsx";
import {
  errorResponse,
  notFound,
  parseId,
  parsePageSearch,
  requireVenue,
} from "~/lib/api-errors.ts";
import { shortAddress } from "~/lib/format.ts";
import type { Page } from "~/lib/keyset.ts";
import { readForm } from "~/lib/request-body.server.ts";
import { WINDOW_NAMES } from "~/lib/windows.ts";
import type { Route } from "./+types/whales";

export const handle: PageHandle = {
  live: ["whales"],
  venue: true,
  windows: { offered: LEADERBOARD_WINDOWS, initial: "7d" },
};

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, venues } = context.get(servicesContext);
  const { cursor, unfollowed, ...search } = parsePageSearch(url, leaderboardSearch);
  const filter = leaderboardFilterOf(search, venues);
  const { window, metric } = filter;
  const [whales, health, dropped] = await Promise.all([
    listLeaderboard(db, { ...filter, cursor, limit: 50 }),
    getDataHealth(db, "whales"),
    unfollowed ? getWhaleName(db, parseId(unfollowed, "whale")) : null,
  ]);
  return {
    whales,
    window,
    metric,
    pnlUnknown: metric !== search.sort,
    followedOnly: filter.followed === true,
    health,
    dropped: dropped?.followed === false ? dropped : null,
    venues: venues.map(({ id, name, walletsHint }) => ({ id, name, walletsHint })),
  };
}

export async function action({ request, url, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const { intent, id, ...fields } = await readForm(request);
  if (intent === "follow") return follow(services, fields);
  if (intent !== "unfollow" && intent !== "refollow") {
    throw errorResponse(400, "intent: must be follow, unfollow or refollow");
  }
  const whaleId = parseId(id, "whale");
  const done =
    intent === "unfollow"
      ? await unfollowWhale(services.db, whaleId)
      : await refollowWhale(services, whaleId);
  if (!done) throw notFound("whale");
  const search = new URLSearchParams(url.search);
  search.delete("unfollowed");
  if (intent === "unfollow") search.set("unfollowed", String(whaleId));
  return redirect(search.size > 0 ? `/whales?${search}` : "/whales");
}

async function follow(services: Parameters<typeof followWhale>[0], fields: Record<string, string>) {
  const { address = "", label = "" } = fields;
  const input = followInput.safeParse({ venue: services.venues[0]?.id, ...fields });
  if (!input.success) {
    const { fieldErrors } = z.flattenError(input.error);
    const errors = { address: fieldErrors.address?.[0], label: fieldErrors.label?.[0] };
    return data({ address, label, errors }, 400);
  }
  requireVenue(services.venues, input.data.venue);
  const { id, wasFollowed } = await followWhale(services, input.data);
  if (!wasFollowed || input.data.label) return redirect(`/whales/${id}`);
  const whale = await getWhaleName(services.db, id);
  const name = whale?.label ?? shortAddress(input.data.address);
  return data({ address, label, errors: {}, known: { id, name } }, 409);
}

export default function Whales({ loaderData, actionData }: Route.ComponentProps) {
  const { whales, window, metric, health, venues, dropped } = loaderData;
  const closed = venues.filter((venue) => venue.walletsHint !== null);
  return (
    <Stack>
      <PageHead title="Whales" description="Large traders, ranked by what they did." />
      {closed.map(({ name, walletsHint }) => (
        <WalletsHint key={name} venueName={name} hint={walletsHint ?? ""} />
      ))}
      {closed.length < venues.length && (
        <HealthNotice health={health} venueName={venues.map(({ name }) => name).join(", ")} />
      )}
      <Panel
        title="Follow a wallet"
        actions={
          <Button component={Link} to="/whales/import" variant="default" size="xs">
            Import a list
          </Button>
        }
      >
        <FollowForm venues={venues} problem={actionData} />
      </Panel>
      <WhaleFilters window={window} />
      <Basis loaderData={loaderData} />
      {whales.data.length > 0 ? (
        <Ranking whales={whales} window={window} metric={metric} />
      ) : (
        <>
          <NoWhales />
          <Pager nextCursor={null} first="First page" next="Next page" />
        </>
      )}
      {dropped && <UnfollowedNotice whale={dropped} />}
    </Stack>
  );
}

function Ranking({
  whales,
  window,
  metric,
}: {
  whales: Page<RankedWhale>;
  window: LeaderboardWindow;
  metric: Metric;
}) {
  const { search } = useLocation();
  const held = useHeldRows(whales, ({ id }) => id, search);
  return (
    <>
      <div>
        <NewRows held={held} noun="whales" />
        <WhaleTable
          caption={`Whales by ${METRIC_WORDS[metric]}`}
          whales={held.rows}
          window={window}
          metric={metric}
        />
      </div>
      <Pager nextCursor={held.nextCursor} first="First page" next="Next page" />
    </>
  );
}

/** What the ranking rests on: the figure, the window, and how old the figures are. */
function Basis({ loaderData }: { loaderData: Route.ComponentProps["loaderData"] }) {
  const { whales, window, metric, pnlUnknown, followedOnly } = loaderData;
  const computed = whales.data.flatMap(({ computedAt }) => computedAt ?? []).toSorted();
  if (whales.data.length === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      Ranked by {METRIC_WORDS[metric]}
      {metric === "last" ? "" : `, ${WINDOW_NAMES[window].toLowerCase()}`}.{" "}
      {pnlUnknown && "PnL is known over the whole history only: choose All kept for it. "}
      {computed[0] ? (
        <>
          Figures computed <Ago at={computed[0]} />, hourly.
        </>
      ) : (
        "No figures have been computed yet; that happens every hour, on the hour."
      )}
      {!followedOnly && " Wallets that are not followed are not read: their figures stand still."}
    </Text>
  );
}
