import { index, layout, prefix, type RouteConfig, route } from "@react-router/dev/routes";

export default [
  layout("routes/pages.tsx", [
    index("routes/feed.tsx"),
    route("markets", "routes/markets.tsx"),
    route("markets/:id", "routes/market.tsx"),
    route("whales", "routes/whales.tsx"),
    route("whales/import", "routes/whales.import.tsx"),
    route("whales/:id", "routes/whale.tsx"),
    route("syncs", "routes/syncs.tsx"),
    route("syncs/:id", "routes/sync.tsx"),
    route("freshness", "routes/freshness.ts"),
    route("*", "routes/not-found.tsx"),
  ]),
  layout(
    "routes/api.v1.ts",
    prefix("api/v1", [
      route("markets", "routes/api.v1.markets.ts"),
      route("markets/:id", "routes/api.v1.market.ts"),
      route("whales", "routes/api.v1.whales.ts"),
      route("whales/:id", "routes/api.v1.whale.ts"),
      route("trades", "routes/api.v1.trades.ts"),
      route("syncs", "routes/api.v1.syncs.ts"),
      route("quarantine", "routes/api.v1.quarantine.ts"),
      route("*", "routes/api.v1.not-found.ts"),
    ]),
  ),
  route("trades.csv", "routes/trades.csv.ts"),
  route("sign-in", "routes/sign-in.tsx"),
  route("sign-out", "routes/sign-out.ts"),
  route("api/inngest", "routes/api.inngest.ts"),
  route("live", "routes/live.ts"),
  route("search", "routes/search.ts"),
  route("healthz", "routes/healthz.ts"),
  route("readyz", "routes/readyz.ts"),
] satisfies RouteConfig;
