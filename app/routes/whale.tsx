import { Stack } from "@mantine/core";
import { data, redirect, useSearchParams } from "react-router";
import { Empty } from "~/components/empty.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { Panel } from "~/components/panel.tsx";
import { servicesContext } from "~/context.ts";
import { WalletsHint } from "~/features/syncs/health-notice.tsx";
import { listTrades } from "~/features/trades/queries.server.ts";
import { getTradeSubjects, tradeFilterOf } from "~/features/trades/trade-search.server.ts";
import { TradeSection } from "~/features/trades/trade-section.tsx";
import { ActivityPanel } from "~/features/whales/activity-panel.tsx";
import { BackfillRangeForm } from "~/features/whales/backfill-form.tsx";
import { offeredRange } from "~/features/whales/backfill-range.ts";
import { CategoryMix } from "~/features/whales/category-mix.tsx";
import { labelWhale, refollowWhale, unfollowWhale } from "~/features/whales/commands.server.ts";
import { getOverview, type WhaleOverview } from "~/features/whales/overview.server.ts";
import { PositionsPanel } from "~/features/whales/positions-panel.tsx";
import { getWhale, type WhaleDetail } from "~/features/whales/queries.server.ts";
import { WhaleTiles, WindowTable } from "~/features/whales/whale-figures.tsx";
import { WhaleHead } from "~/features/whales/whale-head.tsx";
import { WhaleHistory } from "~/features/whales/whale-history.tsx";
import { whalePageAction, whalePageSearch } from "~/features/whales/whale-page-search.server.ts";
import { errorResponse, notFound, parseId, parsePageSearch, problemsOf } from "~/lib/api-errors.ts";
import { shortAddress } from "~/lib/format.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/whale";
import classes from "./whale.module.css";

/** Trades below the overview, and on the pages that have trades only. */
const FIRST_TRADES = 25;
const MORE_TRADES = 50;

export const handle: PageHandle = { live: ["trades", "whales"] };

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, venues, clock } = context.get(servicesContext);
  const id = parseId(params.id, "whale");
  const { cursor, days, positions, rows, ...search } = parsePageSearch(url, whalePageSearch);
  const now = clock.now();
  const filter = { ...tradeFilterOf(search, { now, venues }), whaleId: id };
  const wanted = { days, open: positions === "open", allRows: rows === "all", now: new Date(now) };
  const first = cursor === undefined;
  const [whale, subjects, trades, overview] = await Promise.all([
    getWhale(db, id),
    getTradeSubjects(db, { marketId: filter.marketId }),
    listTrades(db, { ...filter, cursor, limit: first ? FIRST_TRADES : MORE_TRADES }),
    first ? getOverview(db, id, wanted) : null,
  ]);
  if (!whale) throw notFound("whale");
  const venue = venues.find((candidate) => candidate.id === whale.venue);
  const hint = venue?.walletsHint ?? null;
  const venueName = venue?.name ?? whale.venue;
  const backfill = whale.followed && venue?.readsWallets ? offeredRange(now) : null;
  return { whale, subjects, trades, overview, venueName, hint, backfill };
}

export async function action({ params, request, url, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const id = parseId(params.id, "whale");
  const sent = await readForm(request);
  const parsed = whalePageAction.safeParse(sent);
  if (!parsed.success) {
    const problem = parsed.error.issues[0];
    if (problem?.path[0] !== "label") throw errorResponse(400, problemsOf(parsed.error));
    return data({ label: sent.label ?? "", error: problem.message }, { status: 400 });
  }
  const { db } = services;
  const change = parsed.data;
  const found =
    change.intent === "follow"
      ? await refollowWhale(services, id)
      : change.intent === "unfollow"
        ? await unfollowWhale(db, id)
        : await labelWhale(db, id, change.label ?? null);
  if (!found) throw notFound("whale");
  return redirect(`/whales/${id}${url.search}`);
}

export default function Whale({ loaderData, actionData }: Route.ComponentProps) {
  const { whale, subjects, trades, overview, venueName, hint, backfill } = loaderData;
  const name = whale.label ?? shortAddress(whale.address);
  return (
    <Stack>
      <WhaleHead whale={whale} venueName={venueName} problem={actionData} />
      {hint && <WalletsHint venueName={venueName} hint={hint} />}
      {overview && <Overview whale={whale} overview={overview} backfill={backfill} />}
      <TradeSection
        title="Trades"
        subjects={subjects}
        only={{ whale: whale.id }}
        caption={`Trades of ${name}`}
        page={trades}
        without="whale"
        empty={<Empty framed title="No trades" why={whyNoTrades(whale)} />}
      />
    </Stack>
  );
}

function Overview({
  whale,
  overview,
  backfill,
}: {
  whale: WhaleDetail;
  overview: WhaleOverview;
  /** The range that is offered to be read again; null = the wallet is not read. */
  backfill: { from: string; to: string } | null;
}) {
  const [search] = useSearchParams();
  const { activity, positions } = overview;
  const { categories } = whale.record;
  return (
    <>
      <WhaleTiles whale={whale} positions={positions} />
      <div className={classes.wideAndNarrow}>
        <ActivityPanel activity={activity} complete={Boolean(whale.history?.completeSince)} />
        <Panel title="Categories" description="Volume by category, over the whole history.">
          {categories.length > 0 ? (
            <CategoryMix categories={categories} />
          ) : (
            <Empty
              title={whale.record.computed ? "No volume so far" : "Not computed yet"}
              why="Figures are computed hourly from the trades."
            />
          )}
        </Panel>
      </div>
      <PositionsPanel positions={positions} open={search.get("positions") !== "done"} />
      <div className={classes.wideAndNarrow}>
        <Panel
          title="Figures by window"
          description="Buys and sells; PnL is over the whole history."
        >
          <WindowTable stats={whale.stats} />
        </Panel>
        <Panel title="History" description="How much of this wallet is known.">
          <WhaleHistory whale={whale} />
          {backfill && <ReadAgain whaleId={whale.id} range={backfill} />}
        </Panel>
      </div>
    </>
  );
}

function ReadAgain({ whaleId, range }: { whaleId: number; range: { from: string; to: string } }) {
  return (
    <section className={classes.readAgain} aria-label="Read a range again">
      <p>
        <b>Read again</b> Compares a range with the venue and stores what is missing; what that
        takes is shown first.
      </p>
      <BackfillRangeForm whaleId={whaleId} range={range} />
    </section>
  );
}

function whyNoTrades({ history, followed }: WhaleDetail): string {
  if (history?.completeSince) return "The venue lists no trades of this wallet.";
  return followed
    ? "The history is still being read; its first trades appear here as they are stored."
    : "No trade of this wallet is stored. Follow it to read its history.";
}
