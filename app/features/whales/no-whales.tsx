import { Button, Group } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { Empty } from "~/components/empty.tsx";

const FILTERS = ["q", "followed", "source", "venue"];

/** Stands where the list of whales would be: because the filters leave none, or because none is followed. */
export function NoWhales() {
  const [search] = useSearchParams();
  if (FILTERS.some((name) => search.get(name))) {
    const cleared = new URLSearchParams(search);
    for (const name of [...FILTERS, "cursor", "unfollowed"]) cleared.delete(name);
    return (
      <Empty
        framed
        title="No whale matches"
        why="No wallet that is known here fits these filters. Wallets that are not followed are shown only when asked for."
        action={
          <Group gap="xs" justify="center">
            <Button component={Link} to={`?${cleared}`} variant="default">
              Clear the filters
            </Button>
            <Button component={Link} to="?followed=all" variant="default">
              Show all known
            </Button>
          </Group>
        }
      />
    );
  }
  return (
    <Empty
      framed
      title="No whale is followed yet"
      why="Discovery looks for large traders at the start and every night. Paste the address of a wallet above to follow it at once, or import a list."
      action={
        <Button component={Link} to="/whales/import" variant="default">
          Import a list
        </Button>
      }
    />
  );
}
