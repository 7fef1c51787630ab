import { Link } from "react-router";
import { Notice } from "~/components/notice.tsx";
import { useNow } from "~/components/now.tsx";
import { Ago } from "~/components/time.tsx";
import { isLate } from "./job-state.ts";
import type { Pause } from "./pause.ts";
import type { DataHealth } from "./queries.server.ts";
import { SYNC_SCHEDULE } from "./schedule.ts";

/** An alert while the venue is not being read, or later than it should be; otherwise nothing. */
export function HealthNotice({ health, venueName }: { health: DataHealth; venueName: string }) {
  const { ticking, ofServer } = useNow();
  const now = ticking ?? ofServer;
  const { failing, goodAt } = health;
  if (failing) {
    return (
      <Notice
        tone="bad"
        role="status"
        title={
          <>
            {venueName} is not being read; the first failure was <Ago at={failing.since} />
          </>
        }
      >
        {failing.why} The page shows what is stored. <LastData health={health} /> It is tried again
        on schedule; <Link to={`/syncs?type=${health.type}`}>see the syncs</Link>.
      </Notice>
    );
  }
  if (health.pause) return <PauseNotice health={health} pause={health.pause} />;
  const late = goodAt !== null && now !== null && isLate(health.type, goodAt, now);
  if (!late || health.skipped || health.running) return null;
  return (
    <Notice tone="warn" role="status" title={`${venueName} is read later than it should be`}>
      {SYNC_SCHEDULE[health.type].name} should be read {SYNC_SCHEDULE[health.type].words}.{" "}
      <LastData health={health} /> <Link to={`/syncs?type=${health.type}`}>See the syncs</Link>.
    </Notice>
  );
}

function PauseNotice({ health, pause }: { health: DataHealth; pause: Pause }) {
  return (
    <Notice
      tone="warn"
      role="status"
      title={
        <>
          {SYNC_SCHEDULE[health.type].name}: the schedule was paused <Ago at={pause.since} />
        </>
      }
    >
      {pause.reason && <>The reason given: “{pause.reason}”. </>}
      The page shows what is stored. <LastData health={health} />{" "}
      <Link to={`/syncs?type=${health.type}`}>Resume it among the syncs</Link>.
    </Notice>
  );
}

function LastData({ health: { lastDataAt } }: { health: DataHealth }) {
  if (lastDataAt === null) return "No data has been read yet.";
  return (
    <>
      Last data <Ago at={lastDataAt} />.
    </>
  );
}

/** Says what to set when a venue cannot read wallets. */
export function WalletsHint({ venueName, hint }: { venueName: string; hint: string }) {
  return (
    <Notice tone="info" role="status" title={`Trades of ${venueName} are not being read`}>
      {hint}
    </Notice>
  );
}
