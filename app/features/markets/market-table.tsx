import { Link } from "react-router";
import { Amount, Price } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import type { MarketItem } from "./queries.server.ts";

const COLUMNS = [
  { label: "Market" },
  { label: "Status" },
  { label: "Yes price", numeric: true },
  { label: "Volume 24 h", numeric: true },
  { label: "Volume 7 d", numeric: true },
  { label: "Volume", numeric: true },
  { label: "Closes" },
];

/** Markets as rows, in the order given. */
export function MarketTable({
  caption,
  markets,
}: {
  caption: string;
  markets: readonly MarketItem[];
}) {
  return (
    <DataTable caption={caption} columns={COLUMNS}>
      {markets.map((market) => (
        <MarketRow key={market.id} market={market} />
      ))}
    </DataTable>
  );
}

function MarketRow({ market }: { market: MarketItem }) {
  const noVolume = "the venue sent no figure";
  return (
    <tr>
      <td className={classes.wide}>
        <Link to={`/markets/${market.id}`} prefetch="intent">
          {market.title}
        </Link>
        {market.labels.length > 0 && (
          <span className={classes.sub}>{market.labels.join(", ")}</span>
        )}
      </td>
      <td>
        <Status value={market.status} />
      </td>
      <td className={classes.num}>
        <Price value={market.yesPrice} missing={whyNoPrice(market)} />
      </td>
      <td className={classes.num}>
        <Amount value={market.volume24h} missing={noVolume} />
      </td>
      <td className={classes.num}>
        <Amount value={market.volume7d} missing={noVolume} />
      </td>
      <td className={classes.num}>
        <Amount value={market.volume} missing={noVolume} />
      </td>
      <td>
        <Time at={market.cutoffAt} missing="no closing time is known" />
      </td>
    </tr>
  );
}

/** Why a market shows no price, in words. */
export function whyNoPrice(market: Pick<MarketItem, "kind" | "priceCheckedAt">): string {
  if (market.kind === "categorical") return "its outcomes have prices of their own";
  return market.priceCheckedAt ? "never traded" : "not measured yet";
}
