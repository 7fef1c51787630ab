import { Alert, Text } from "@mantine/core";
import { Link } from "react-router";
import { Ago } from "~/components/time.tsx";
import type { DataHealth } from "./queries.server.ts";

/** One line that says how old the data is; an alert while the venue does not answer. */
export function HealthNotice({ health, venueName }: { health: DataHealth; venueName: string }) {
  const { failing, lastDataAt, running } = health;
  const age = lastDataAt ? (
    <>
      Last data <Ago at={lastDataAt} />
    </>
  ) : running ? (
    "The first sync is under way"
  ) : (
    "No data has been read yet"
  );
  if (!failing) {
    return (
      <Text size="sm" c="dimmed">
        {age}
        {running && lastDataAt ? "; a sync is running." : "."} <Link to="/syncs">Syncs</Link>
      </Text>
    );
  }
  return (
    <Alert
      color="red"
      role="status"
      title={
        <>
          {venueName} is not being read; the first failure was <Ago at={failing.since} />
        </>
      }
    >
      {failing.code ?? "The sync failed"}
      {failing.message ? `: ${failing.message}` : ""}. The page shows what is stored. {age}. It is
      tried again on schedule; <Link to="/syncs">see the syncs</Link>.
    </Alert>
  );
}

/** Says what to set when a venue cannot read wallets. */
export function WalletsHint({ venueName, hint }: { venueName: string; hint: string }) {
  return (
    <Alert color="blue" role="status" title={`Trades of ${venueName} are not being read`}>
      {hint}
    </Alert>
  );
}
