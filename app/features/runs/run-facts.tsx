import { Link } from "react-router";
import { CopyableId } from "~/components/copyable-id.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { UtcTime } from "~/components/time.tsx";
import { formatElapsed } from "~/lib/format.ts";
import type { RelatedRun, RunDetail } from "./run.server.ts";
import { cancelCauseWords, functionName } from "./run-names.ts";
import { Took } from "./run-table.tsx";

type RunFactsProps = {
  run: RunDetail;
  /** The run whose end started it. */
  toldOf: { id: string; run: RelatedRun | null } | null;
  /** By when it must have begun or ended, ISO UTC. */
  timeouts: readonly { what: "begun" | "ended"; at: string }[];
  /** When the function's schedule fires next, ISO UTC; null = it has none. */
  nextAt: string | null;
  now: number;
};

/** Times of a run, and the runs it has to do with. */
export function RunFacts({ run, toldOf, timeouts, nextAt, now }: RunFactsProps) {
  return (
    <Facts>
      <Fact name="Queued">
        <UtcTime at={run.createdAt} missing="" />
      </Fact>
      <Fact name="Began">
        <UtcTime at={run.startedAt} missing="it has not begun" />
        {run.startedAt && ` (after ${waitOf(run.createdAt, run.startedAt)})`}
      </Fact>
      <Fact name="Ended">
        <UtcTime at={run.endedAt} missing="it has not ended" />
        {run.cancelCause && ` (${cancelCauseWords(run.cancelCause)})`}
      </Fact>
      <Fact name="Took">
        <Took run={run} now={now} />
      </Fact>
      <Fact name="Run id">
        <CopyableId id={run.id} label="Copy the id of the run" />
      </Fact>
      {run.eventIds.length > 0 && (
        <Fact
          name={run.eventIds.length === 1 ? "Event id" : `${run.eventIds.length} events, first`}
        >
          <CopyableId id={run.eventIds[0] ?? ""} label="Copy the id of the event" />
        </Fact>
      )}
      {toldOf && (
        <Fact name="Started by the end of">
          <Related {...toldOf} />
        </Fact>
      )}
      <Relations run={run} />
      <Outlook run={run} timeouts={timeouts} nextAt={nextAt} />
    </Facts>
  );
}

/** What may still happen to a run, and when its function runs next. */
function Outlook({ run, timeouts, nextAt }: Pick<RunFactsProps, "run" | "timeouts" | "nextAt">) {
  return (
    <>
      {run.cancelledBy.length > 0 && (
        <Fact name="Cancelled by the event">{run.cancelledBy.join(", ")}</Fact>
      )}
      {timeouts.map(({ what, at }) => (
        <Fact key={what} name={`Cancelled unless ${what} by`}>
          <UtcTime at={at} missing="" />
        </Fact>
      ))}
      {nextAt && (
        <Fact name="Next by its schedule">
          <UtcTime at={nextAt} missing="" />
        </Fact>
      )}
    </>
  );
}

function waitOf(createdAt: string, startedAt: string): string {
  return formatElapsed(Math.max(0, Date.parse(startedAt) - Date.parse(createdAt)));
}

function Relations({ run: { parent, original, repeats } }: { run: RunDetail }) {
  return (
    <>
      {parent && (
        <Fact name="Invoked by">
          <Related {...parent} />
        </Fact>
      )}
      {original && (
        <Fact name="Repeats">
          <Related {...original} />
        </Fact>
      )}
      {repeats.length > 0 && (
        <Fact name="Repeated by">
          {repeats.map((run, place) => (
            <span key={run.id}>
              {place > 0 && ", "}
              <Related id={run.id} run={run} short />
            </span>
          ))}
        </Fact>
      )}
    </>
  );
}

/**
 * A link to another run.
 * @param run null = it is past its time
 * @param short its status alone says which it is
 */
export function Related({
  id,
  run,
  short = false,
}: {
  id: string;
  run: RelatedRun | null;
  short?: boolean;
}) {
  if (run === null) return `A run past its time (${id})`;
  return (
    <>
      <Link to={`/runs/${id}`} title={id}>
        {short ? `…${id.slice(-6)}` : functionName(run.functionId)}
      </Link>{" "}
      ({run.status})
    </>
  );
}
