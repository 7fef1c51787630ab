import { Button, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useLocation, useSearchParams } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import { Pager } from "~/components/pager.tsx";
import { formatCount, formatUtc } from "~/lib/format.ts";
import type { TradePage } from "./queries.server.ts";
import { TradeTable } from "./trade-table.tsx";

const FILTERS = ["min", "side", "outcome", "venue", "market", "whale", "window"];

/**
 * One page of trades with the way to the next: rows stay where they are while new ones come in, and a list without rows says why.
 * @param without the column that the page has already said
 * @param empty stands there when no filter is the reason
 */
export function TradeList({
  caption,
  page,
  without,
  empty,
}: {
  caption: string;
  page: TradePage;
  without?: "whale" | "market";
  empty: ReactNode;
}) {
  const { pathname, search } = useLocation();
  const held = useHeldRows(page, ({ id }) => id, `${pathname}${search}`);
  return (
    <Stack gap="sm">
      {page.data.length > 0 ? (
        <div>
          <NewRows held={held} noun="trades" />
          <TradeTable caption={caption} trades={held.rows} without={without} />
        </div>
      ) : (
        <NoRows empty={empty} page={page} />
      )}
      {page.data.length > 0 && <Searched page={page} />}
      <Pager
        nextCursor={held.nextCursor}
        first="Newest"
        next={page.searched ? "Search older trades" : "Older"}
      />
    </Stack>
  );
}

function NoRows({ empty, page }: { empty: ReactNode; page: TradePage }) {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  if (search.has("cursor") && !page.searched) {
    return <Empty framed title="No older trades" why="This is the end of the list." />;
  }
  if (!FILTERS.some((name) => search.has(name))) return empty;
  return (
    <Empty
      framed
      title="No trade matches these filters"
      why={page.searched ? <Searched page={page} /> : "A smaller size or a longer time finds more."}
      action={
        <Button component={Link} to={pathname} variant="default" size="xs">
          Clear the filters
        </Button>
      }
    />
  );
}

/** Says that a page was ended before it was full. */
function Searched({ page: { searched } }: { page: TradePage }) {
  if (!searched) return null;
  return (
    <span>
      Looked through {formatCount(searched.trades)} trades, back to {formatUtc(searched.to)}; older
      ones may match as well.
    </span>
  );
}
