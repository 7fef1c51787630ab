import { Link, useSearchParams } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { Panel } from "~/components/panel.tsx";
import { searchWith } from "~/components/search-with.ts";
import { formatCount } from "~/lib/format.ts";
import { PositionTable } from "./position-table.tsx";
import type { WhalePositions } from "./positions.server.ts";
import classes from "./positions-panel.module.css";

/** A whale's positions, the open ones or those that are over. */
export function PositionsPanel({ positions, open }: { positions: WhalePositions; open: boolean }) {
  const { rows, openCount, doneCount } = positions;
  const count = open ? openCount : doneCount;
  return (
    <Panel
      title="Positions"
      description={
        open
          ? "Derived from every fill, the most valuable first."
          : "Sold, paid out or without a result, the last traded first."
      }
      actions={<Choices open={open} openCount={openCount} doneCount={doneCount} />}
    >
      {rows.length > 0 ? (
        <PositionTable
          caption={open ? "Open positions" : "Closed positions"}
          positions={rows}
          open={open}
        />
      ) : (
        <Empty
          title={open ? "No position is open" : "No position is closed"}
          why={
            openCount + doneCount === 0
              ? "Positions follow from the trades, of which none is stored."
              : "The others are a click away."
          }
        />
      )}
      {rows.length < count && <More shown={rows.length} count={count} />}
    </Panel>
  );
}

function Choices({
  open,
  openCount,
  doneCount,
}: {
  open: boolean;
  openCount: number;
  doneCount: number;
}) {
  const [search] = useSearchParams();
  const to = (wanted: string | null) => searchWith(search, { positions: wanted, rows: null });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields; these are links
    <div role="group" aria-label="Which positions" className={classes.choices}>
      <Link to={to(null)} preventScrollReset aria-current={open ? "true" : undefined}>
        Open {formatCount(openCount)}
      </Link>
      <Link to={to("done")} preventScrollReset aria-current={open ? undefined : "true"}>
        Closed {formatCount(doneCount)}
      </Link>
    </div>
  );
}

function More({ shown, count }: { shown: number; count: number }) {
  const [search] = useSearchParams();
  const all = search.get("rows") === "all";
  return (
    <p className={classes.more}>
      {formatCount(shown)} of {formatCount(count)} are shown; the sums above take in all of them.{" "}
      {!all && (
        <Link to={searchWith(search, { rows: "all" })} preventScrollReset>
          Show more
        </Link>
      )}
    </p>
  );
}
