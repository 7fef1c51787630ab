import { Stack } from "@mantine/core";
import { z } from "zod";
import { Empty } from "~/components/empty.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { servicesContext } from "~/context.ts";
import { FlowPanel } from "~/features/markets/flow-panel.tsx";
import { GroupFlowPanel, OutcomesPanel } from "~/features/markets/group-panels.tsx";
import { GroupFigures, MarketDetails, MarketFigures } from "~/features/markets/market-facts.tsx";
import { MarketHead, Siblings } from "~/features/markets/market-head.tsx";
import {
  type GroupPage,
  readGroupPage,
  readTradablePage,
  type TradablePage,
} from "~/features/markets/market-page.server.ts";
import { MarketWhalesPanel } from "~/features/markets/market-whales-panel.tsx";
import { whyNoPrice } from "~/features/markets/no-price.ts";
import { GroupPricePanel, PricePanel } from "~/features/markets/price-panel.tsx";
import { WINDOW_WORDS } from "~/features/markets/price-trend.ts";
import { getMarket, type MarketDetail } from "~/features/markets/queries.server.ts";
import { ShowAll } from "~/features/markets/show-all.tsx";
import { venueUrlOf } from "~/features/markets/venue-url.ts";
import { listTrades, type TradePage } from "~/features/trades/queries.server.ts";
import {
  getTradeSubjects,
  type TradeSubjects,
  tradeFilterFields,
  tradeFilterOf,
} from "~/features/trades/trade-search.server.ts";
import { TradeSection } from "~/features/trades/trade-section.tsx";
import { notFound, oneOf, parseId, parsePageSearch } from "~/lib/api-errors.ts";
import { formatCount } from "~/lib/format.ts";
import type { TimeWindow } from "~/lib/windows.ts";
import type { Route } from "./+types/market";

const WINDOWS = ["24h", "7d", "30d", "all"] as const satisfies TimeWindow[];

export const handle: PageHandle = {
  live: ["trades", "markets"],
  windows: { offered: WINDOWS, initial: "7d" },
};

const { min, side, outcome, whale } = tradeFilterFields;

const search = z.strictObject({
  min,
  side,
  outcome,
  whale,
  window: oneOf(WINDOWS).default("7d"),
  whales: z.literal("all", "must be all or left out").optional(),
  cursor: z.string().min(1).optional(),
});

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, env, clock, venues } = context.get(servicesContext);
  const id = parseId(params.id, "market");
  const { cursor, whales, ...filters } = parsePageSearch(url, search);
  const market = await getMarket(db, id);
  if (!market) throw notFound("market");
  const now = clock.now();
  const { window } = filters;
  const venueUrl = env.world === "live" ? venueUrlOf(market, market.parent) : null;
  if (market.kind === "categorical") {
    const group = await readGroupPage(db, id, { window, now });
    return { market, window, venueUrl, group };
  }
  const filter = tradeFilterOf({ ...filters, market: id }, { now, venues });
  const [page, trades, { whale }] = await Promise.all([
    readTradablePage(db, market, { window, allWhales: whales === "all", now }),
    listTrades(db, { ...filter, cursor, limit: 50 }),
    getTradeSubjects(db, { whaleId: filter.whaleId }),
  ]);
  return { market, window, venueUrl, page, trades, subjects: { market: null, whale } };
}

export default function Market({ loaderData }: Route.ComponentProps) {
  const { market, window, venueUrl } = loaderData;
  return (
    <Stack>
      <MarketHead market={market} venueUrl={venueUrl} />
      {loaderData.group ? (
        <Group market={market} window={window} page={loaderData.group} />
      ) : (
        <Tradable key={market.id} {...loaderData} />
      )}
    </Stack>
  );
}

function Group({
  market,
  window,
  page,
}: {
  market: MarketDetail;
  window: TimeWindow;
  page: GroupPage;
}) {
  const count = `${formatCount(page.outcomes.length)}${page.more ? "+" : ""}`;
  return (
    <>
      <GroupFigures market={market} outcomes={count} />
      <GroupPricePanel leading={page.leading} window={window} />
      <OutcomesPanel title={market.title} page={page} />
      <GroupFlowPanel leading={page.leading} window={window} />
      <MarketDetails market={market} />
    </>
  );
}

function Tradable({
  market,
  window,
  page,
  trades,
  subjects,
}: {
  market: MarketDetail;
  window: TimeWindow;
  page: TradablePage;
  trades: TradePage;
  subjects: TradeSubjects;
}) {
  const why = whyNoPrice(market);
  const traded = page.whales.rows.length > 0 || page.flow.outcomes.length > 0;
  const labels = { yes: market.yesLabel, no: market.noLabel };
  return (
    <>
      {market.parent && <Siblings siblings={page.siblings} parent={market.parent} />}
      <MarketFigures
        market={market}
        noPrice={page.noPrice}
        change24h={page.change24h}
        latest={page.history.points.at(-1) ?? null}
        whyNoPrice={why}
      />
      <PricePanel
        market={market}
        history={page.history}
        trades={page.marks}
        window={window}
        whyNoPrice={why}
      />
      {traded && (
        <>
          <FlowPanel flow={page.flow} window={window} labels={labels} />
          <MarketWhalesPanel {...page.whales} labels={labels} />
        </>
      )}
      <MarketDetails market={market} />
      <TradeSection
        title="Whale trades"
        subjects={subjects}
        only={{ market: market.id, window }}
        caption={`Trades in ${market.title}`}
        page={trades}
        without="market"
        empty={<NoTrades window={window} />}
      />
    </>
  );
}

function NoTrades({ window }: { window: TimeWindow }) {
  if (window === "all") {
    return <Empty framed title="No whale trades" why="No followed whale has traded here." />;
  }
  return (
    <Empty
      framed
      title="No whale trades"
      why={`No followed whale has traded here ${WINDOW_WORDS[window]}.`}
      action={<ShowAll />}
    />
  );
}
