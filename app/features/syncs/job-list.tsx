import { Form, Link, useLocation, useNavigation } from "react-router";
import { Missing } from "~/components/missing.tsx";
import { useNow } from "~/components/now.tsx";
import { Sparkline } from "~/components/sparkline.tsx";
import { Status, statusWord, type Tone } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { WriteButton } from "~/components/writes.tsx";
import { formatCount, formatElapsed } from "~/lib/format.ts";
import classes from "./job-list.module.css";
import type { JobState } from "./job-state.ts";
import type { JobOverview, Successes } from "./jobs.server.ts";
import { adviceFor } from "./run-words.ts";
import { SYNC_SCHEDULE, type SyncType } from "./schedule.ts";

const STATES: Record<JobState["state"], { word: string; tone: Tone }> = {
  "on-time": { word: "On time", tone: "good" },
  delayed: { word: "Delayed", tone: "warn" },
  failing: { word: "Failing", tone: "bad" },
  running: { word: "Running", tone: "busy" },
  never: { word: "Not run yet", tone: "neutral" },
  skipped: { word: "Skipped", tone: "neutral" },
};

/** A job that was asked for from this page, and when (ISO UTC). */
export type Requested = { type: SyncType; at: string };

/** Every job with its state, how its runs go, and a button that starts it now. */
export function JobList({
  jobs,
  requested,
}: {
  jobs: readonly JobOverview[];
  requested: Requested | null;
}) {
  return (
    <ul className={classes.list} aria-label="Jobs">
      {jobs.map((job) => (
        <Job
          key={job.type}
          job={job}
          requestedAt={requested?.type === job.type ? requested.at : null}
        />
      ))}
    </ul>
  );
}

function Job({ job, requestedAt }: { job: JobOverview; requestedAt: string | null }) {
  const { name, purpose, words } = SYNC_SCHEDULE[job.type];
  const { word, tone } = STATES[job.state];
  return (
    <li className={classes.job}>
      <div>
        <h2 className={classes.name}>
          <Link to={`/syncs?type=${job.type}`} preventScrollReset>
            {name}
          </Link>
          <Status value={word} tone={tone} />
        </h2>
        <p className={classes.purpose}>
          {purpose} Runs {words}.
        </p>
        <Why job={job} />
        {requestedAt && <RequestState job={job} at={requestedAt} />}
      </div>
      <JobFigures job={job} />
      <Course durations={job.durations} />
      <RunNow type={job.type} />
    </li>
  );
}

function Why({ job }: { job: JobOverview }) {
  if (!job.why) return null;
  const code = job.health === "failing" ? (job.ended?.errorCode ?? null) : null;
  return (
    <p className={classes.why} data-tone={STATES[job.health].tone}>
      {[job.why, adviceFor(code)].filter(Boolean).join(" ")}
      {job.health === "failing" && job.running && " Another run is under way."}
    </p>
  );
}

/** Says what has become of a request, as the page learns of it. */
function RequestState({ job: { newest }, at }: { job: JobOverview; at: string }) {
  const begun =
    newest && (newest.startedAt >= at || (newest.status === "skipped" && after(newest, at)));
  return (
    <p className={classes.why} role="status">
      {begun ? (
        <>
          The run you asked for is <Link to={`/syncs/${newest.id}`}>{newest.status}</Link>.
        </>
      ) : (
        "Requested; it starts in a moment."
      )}
    </p>
  );
}

/** The same reason to skip a job again only moves the time of the run that said so. */
function after({ finishedAt }: { finishedAt: string | null }, at: string): boolean {
  return finishedAt !== null && finishedAt >= at;
}

function JobFigures({ job }: { job: JobOverview }) {
  const reads = SYNC_SCHEDULE[job.type].readsVenue;
  return (
    <dl className={classes.facts}>
      <div>
        <dt>{reads ? "Last data" : "Last success"}</dt>
        <dd>
          <Time
            at={reads ? job.dataAt : job.completedAt}
            missing={reads ? "the venue has not answered yet" : "no run has succeeded yet"}
          />
        </dd>
      </div>
      <div>
        <dt>Last run</dt>
        <dd>
          {job.newest ? (
            <Link to={`/syncs/${job.newest.id}`}>
              <Time at={job.newest.startedAt} missing="" />
            </Link>
          ) : (
            <Missing why="no run has been recorded yet" />
          )}
          {job.newest && <span className={classes.sub}>{statusWord(job.newest.status)}</span>}
        </dd>
      </div>
      <div>
        <dt>Next run</dt>
        <dd>
          <NextRun at={job.nextRunAt} />
        </dd>
      </div>
      <div>
        <dt>Completed in 24 h</dt>
        <dd>
          {job.lastDay.ended > 0 ? (
            <>
              {rateOf(job.lastDay)} of {formatCount(job.lastDay.ended)}{" "}
              {job.lastDay.ended === 1 ? "run" : "runs"}
            </>
          ) : (
            <Missing why="no run has ended within 24 hours" />
          )}
          {job.recent.ended > 0 && job.recent.ended !== job.lastDay.ended && (
            <span className={classes.sub}>
              {rateOf(job.recent)} of the last {job.recent.ended}
            </span>
          )}
        </dd>
      </div>
    </dl>
  );
}

/** Counts down; a time that has come is not shown as past, since the run may only just be starting. */
function NextRun({ at }: { at: string | null }) {
  const { ticking } = useNow();
  if (at !== null && ticking !== null && new Date(at).getTime() <= ticking) return "now";
  return <Time at={at} missing="the schedule has no next time" />;
}

/** Cut, not rounded: it never reads 100 % while one run failed. */
function rateOf({ completed, ended }: Successes): string {
  return `${Math.floor((100 * completed) / ended)} %`;
}

function Course({ durations }: { durations: readonly number[] }) {
  const last = durations.at(-1);
  return (
    <div className={classes.course}>
      <Sparkline
        points={durations}
        label={`Duration of the last ${durations.length} runs`}
        width={112}
        toned={false}
      />
      {last === undefined ? "No run has ended" : `Took ${formatElapsed(last)}`}
    </div>
  );
}

function RunNow({ type }: { type: SyncType }) {
  const { search } = useLocation();
  const navigation = useNavigation();
  const pending = navigation.formMethod === "POST" && navigation.formData?.get("type") === type;
  return (
    <Form method="post" action={`/syncs${search}`} preventScrollReset className={classes.run}>
      <input type="hidden" name="type" value={type} />
      <WriteButton label={`Run now: ${SYNC_SCHEDULE[type].name}`} pending={pending}>
        Run now
      </WriteButton>
    </Form>
  );
}
