import { Link, useSearchParams } from "react-router";
import { Amount, Price } from "~/components/amount.tsx";
import table from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { searchWith } from "~/components/search-with.ts";
import { Sparkline } from "~/components/sparkline.tsx";
import { Status, statusWord } from "~/components/status.tsx";
import type { BrowseRow, MarketWithCourse } from "./browse.server.ts";
import classes from "./browse-table.module.css";
import { Closing } from "./closing.tsx";
import { type MarketSort, toggledOpen } from "./market-sorts.ts";
import { whyNoPrice } from "./no-price.ts";
import { PriceChange } from "./price-change.tsx";

/** Markets and groups in the order given; the headings sort, and groups unfold to their outcomes in place. */
export function BrowseTable({ rows, sort }: { rows: readonly BrowseRow[]; sort: MarketSort }) {
  const [search] = useSearchParams();
  const mixed = search.get("status") === "all";
  const open = (search.get("open") ?? "").split(".").map(Number).filter(Boolean);
  return (
    <DataTable caption="Markets" columns={columnsOf(search, sort, mixed)}>
      {rows.map((row) => (
        <Row
          key={row.id}
          row={row}
          mixed={mixed}
          toggleTo={searchWith(search, { open: toggledOpen(open, row.id) })}
        />
      ))}
    </DataTable>
  );
}

/** @param mixed the rows have different statuses */
function columnsOf(search: URLSearchParams, sort: MarketSort, mixed: boolean): Column[] {
  const by = (column: MarketSort, order: "asc" | "desc") => ({
    // Another order begins at its first page.
    to: searchWith(search, { sort: column, cursor: null }),
    active: sort === column ? order : null,
  });
  return [
    { label: "Market" },
    ...(mixed ? [{ label: "Status", roomy: true }] : []),
    { label: "Yes price", numeric: true, sort: by("price", "desc") },
    { label: "24 h", numeric: true, title: "How far the price has moved in 24 hours" },
    { label: "7 days", title: "The course of the price" },
    { label: "Volume 24 h (USD)", numeric: true, sort: by("volume24h", "desc") },
    { label: "Volume (USD)", numeric: true, sort: by("volume", "desc") },
    { label: "Closes", sort: by("closing", "asc") },
  ];
}

function Row({ row, mixed, toggleTo }: { row: BrowseRow; mixed: boolean; toggleTo: string }) {
  const { group } = row;
  return (
    <>
      <tr>
        <td className={table.wide}>
          <Link to={`/markets/${row.id}`} data-row="">
            {row.title}
          </Link>
          <span className={classes.group}>
            {group && group.outcomes > 0 && (
              <Link
                to={toggleTo}
                replace
                preventScrollReset
                className={classes.toggle}
                aria-expanded={group.unfolded !== null}
                aria-label={`${group.outcomes} outcomes of ${row.title}`}
              >
                <span
                  className={classes.mark}
                  data-open={group.unfolded !== null || undefined}
                  aria-hidden="true"
                >
                  ▸
                </span>
                {group.outcomes} {group.outcomes === 1 ? "outcome" : "outcomes"}
              </Link>
            )}
            {row.labels.length > 0 && <span>{row.labels.join(", ")}</span>}
          </span>
          {mixed && <span className={table.folded}>{statusWord(row.status)}</span>}
        </td>
        {mixed && (
          <td className={table.roomy}>
            <Status value={row.status} />
          </td>
        )}
        <td className={table.num}>
          {group?.leader ? (
            <>
              <Price value={group.leader.yesPrice} missing="none of its outcomes has a price yet" />
              <span className={classes.leader} title={`Likeliest: ${group.leader.title}`}>
                {group.leader.title}
              </span>
            </>
          ) : (
            <Price value={row.yesPrice} missing={whyNoPrice(row)} />
          )}
        </td>
        <Figures market={row} name={group?.leader?.title ?? row.title} />
      </tr>
      {(group?.unfolded ?? (group?.matched ? [group.matched] : [])).map((outcome) => (
        <Outcome key={outcome.id} outcome={outcome} mixed={mixed} />
      ))}
      {group?.unfolded && group.outcomes > group.unfolded.length && (
        <tr className={classes.outcome}>
          <td colSpan={mixed ? 8 : 7}>
            <Link to={`/markets/${row.id}`}>All {group.outcomes} outcomes</Link>
          </td>
        </tr>
      )}
    </>
  );
}

function Outcome({ outcome, mixed }: { outcome: MarketWithCourse; mixed: boolean }) {
  return (
    <tr className={classes.outcome}>
      <td className={table.wide}>
        <Link to={`/markets/${outcome.id}`} data-row="">
          {outcome.title}
        </Link>
        {!mixed && outcome.status !== "activated" && (
          <span className={table.sub}>{statusWord(outcome.status)}</span>
        )}
        {mixed && <span className={table.folded}>{statusWord(outcome.status)}</span>}
      </td>
      {mixed && (
        <td className={table.roomy}>
          <Status value={outcome.status} />
        </td>
      )}
      <td className={table.num}>
        <Price value={outcome.yesPrice} missing={whyNoPrice(outcome)} />
      </td>
      <Figures market={outcome} name={outcome.title} />
    </tr>
  );
}

/** The cells right of the price. */
function Figures({ market, name }: { market: MarketWithCourse; name: string }) {
  const noVolume = "the venue sent no figure";
  return (
    <>
      <td className={table.num}>
        <PriceChange change={market.change} missing="no price of 24 hours ago is known" />
      </td>
      <td className={classes.line}>
        <Sparkline points={market.course} label={`Price of ${name} over 7 days`} />
      </td>
      <td className={table.num}>
        <Amount value={market.volume24h} missing={noVolume} />
      </td>
      <td className={table.num}>
        <Amount value={market.volume} missing={noVolume} />
      </td>
      <td>
        <Closing market={market} />
      </td>
    </>
  );
}
