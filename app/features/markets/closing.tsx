import { Missing } from "~/components/missing.tsx";
import { Time } from "~/components/time.tsx";

/** When a market closes; one that is resolved may have a closing time ahead of it, which says nothing any more. */
export function Closing({ market }: { market: { status: string; cutoffAt: string | null } }) {
  if (market.status === "resolved") return <Missing why="it is resolved" />;
  return <Time at={market.cutoffAt} missing="no closing time is known" />;
}
