import { Anchor, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { z } from "zod";
import { Amount, Price } from "~/components/amount.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { Missing } from "~/components/missing.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Status } from "~/components/status.tsx";
import { Time, UtcTime } from "~/components/time.tsx";
import { servicesContext } from "~/context.ts";
import { MarketTable, whyNoPrice } from "~/features/markets/market-table.tsx";
import { getMarket, listChildren, type MarketDetail } from "~/features/markets/queries.server.ts";
import { venueUrlOf } from "~/features/markets/venue-url.ts";
import { listTrades } from "~/features/trades/queries.server.ts";
import { TradeTable } from "~/features/trades/trade-table.tsx";
import { notFound, parseId, parseSearch } from "~/lib/api-errors.ts";
import type { Route } from "./+types/market";

const search = z.strictObject({ cursor: z.string().optional() });

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const { db, env } = context.get(servicesContext);
  const id = parseId(params.id, "market");
  const { cursor } = parseSearch(url, search);
  const market = await getMarket(db, id);
  if (!market) throw notFound("market");
  const [children, trades] = await Promise.all([
    market.kind === "categorical" ? listChildren(db, id) : [],
    listTrades(db, { marketId: id, cursor, limit: 50 }),
  ]);
  const venueUrl = env.world === "live" ? venueUrlOf(market, market.parent) : null;
  return { market, children, trades, venueUrl };
}

export default function Market({ loaderData }: Route.ComponentProps) {
  const { market, children, trades, venueUrl } = loaderData;
  return (
    <Stack>
      <PageHead title={market.title} description={`${market.title}: price, volumes, whale trades.`}>
        <Group gap="sm">
          <Status value={market.status} />
          {market.parent && (
            <Text size="sm">
              in <Link to={`/markets/${market.parent.id}`}>{market.parent.title}</Link>
            </Text>
          )}
          {venueUrl && (
            <Anchor href={venueUrl} rel="noreferrer" size="sm">
              Open at Opinion.Trade
            </Anchor>
          )}
        </Group>
      </PageHead>
      <MarketFacts market={market} />
      {market.kind === "categorical" ? (
        <section>
          <Title order={2} size="h4" mb="xs">
            Outcomes
          </Title>
          <MarketTable caption={`Outcomes of ${market.title}`} markets={children} />
        </section>
      ) : (
        <section>
          <Title order={2} size="h4" mb="xs">
            Whale trades
          </Title>
          {trades.data.length > 0 ? (
            <TradeTable
              caption={`Trades in ${market.title}`}
              trades={trades.data}
              without="market"
            />
          ) : (
            <Text c="dimmed">No followed whale has traded here.</Text>
          )}
        </section>
      )}
      <Pager nextCursor={trades.nextCursor} first="Newest" next="Older" />
      <section>
        <Title order={2} size="h4" mb="xs">
          Rules
        </Title>
        <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {market.rules ?? "The venue sent no rules."}
        </Text>
      </section>
    </Stack>
  );
}

function MarketFacts({ market }: { market: MarketDetail }) {
  const noVolume = "the venue sent no figure";
  return (
    <Paper withBorder p="md">
      <Facts>
        <Fact name={`Price of ${market.yesLabel ?? "yes"}`}>
          <Price value={market.yesPrice} missing={whyNoPrice(market)} />
        </Fact>
        <Fact name="Price as of">
          <Time at={market.yesPriceAt} missing={whyNoPrice(market)} />
        </Fact>
        <Fact name="Volume 24 h">
          <Amount value={market.volume24h} missing={noVolume} />
        </Fact>
        <Fact name="Volume 7 d">
          <Amount value={market.volume7d} missing={noVolume} />
        </Fact>
        <Fact name="Volume in all">
          <Amount value={market.volume} missing={noVolume} />
        </Fact>
        <Fact name="Opened">
          <UtcTime at={market.openedAt} missing="the venue sent no time" />
        </Fact>
        <Fact name="Closes">
          <UtcTime at={market.cutoffAt} missing="no closing time is known" />
        </Fact>
        <Fact name="Resolved">
          <UtcTime at={market.resolvedAt} missing="not resolved" />
        </Fact>
        <Fact name="Result">{resultOf(market) ?? <Missing why="no result is known" />}</Fact>
        <Fact name="Catalog read">
          <Time at={market.catalogSeenAt} missing="known from a trade only" />
        </Fact>
        <Fact name="Number at the venue">{market.externalId}</Fact>
        <Fact name="Labels">
          {market.labels.join(", ") || <Missing why="the venue sent no labels" />}
        </Fact>
      </Facts>
    </Paper>
  );
}

function resultOf(market: MarketDetail): string | null {
  const labels: Record<string, string | null> = { yes: market.yesLabel, no: market.noLabel };
  return market.resultSide && (labels[market.resultSide] ?? market.resultSide);
}
