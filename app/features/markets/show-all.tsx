import { Button } from "@mantine/core";
import { Link } from "react-router";

/** Leads from a window in which a market saw nothing to everything that is kept of it. */
export function ShowAll() {
  return (
    <Button component={Link} to="?window=all" preventScrollReset variant="default" size="xs">
      Show all that is kept
    </Button>
  );
}
