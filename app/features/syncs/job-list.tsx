import { Link } from "react-router";
import { Missing } from "~/components/missing.tsx";
import { useNow } from "~/components/now.tsx";
import { Sparkline } from "~/components/sparkline.tsx";
import { Status, statusWord, type Tone } from "~/components/status.tsx";
import { Ago, Time } from "~/components/time.tsx";
import { formatElapsed } from "~/lib/format.ts";
import type { Outcomes } from "./error-budget.ts";
import type { PauseProblem } from "./job-action.server.ts";
import { JobActions } from "./job-actions.tsx";
import classes from "./job-list.module.css";
import type { JobState } from "./job-state.ts";
import type { JobOverview } from "./jobs.server.ts";
import { adviceFor } from "./run-words.ts";
import { SYNC_SCHEDULE, type SyncType } from "./schedule.ts";

const STATES: Record<JobState["state"], { word: string; tone: Tone }> = {
  "on-time": { word: "On time", tone: "good" },
  delayed: { word: "Delayed", tone: "warn" },
  failing: { word: "Failing", tone: "bad" },
  running: { word: "Running", tone: "busy" },
  never: { word: "Not run yet", tone: "neutral" },
  skipped: { word: "Skipped", tone: "neutral" },
  paused: { word: "Paused", tone: "warn" },
};

/** A job that was asked for from this page, and when (ISO UTC). */
export type Requested = { type: SyncType; at: string };

/** Every job with its state, how its runs go, and what a person can do with it. */
export function JobList({
  jobs,
  requested,
  problem,
}: {
  jobs: readonly JobOverview[];
  requested: Requested | null;
  /** A pause that was refused. */
  problem: PauseProblem | null;
}) {
  return (
    <ul className={classes.list} aria-label="Jobs">
      {jobs.map((job) => (
        <Job
          key={job.type}
          job={job}
          requestedAt={requested?.type === job.type ? requested.at : null}
          problem={problem?.type === job.type ? problem : null}
        />
      ))}
    </ul>
  );
}

function Job({
  job,
  requestedAt,
  problem,
}: {
  job: JobOverview;
  requestedAt: string | null;
  problem: PauseProblem | null;
}) {
  const { name, purpose, words } = SYNC_SCHEDULE[job.type];
  const { word, tone } = STATES[job.state];
  return (
    <li className={classes.job}>
      <div className={classes.words}>
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
      <div className={classes.actions}>
        <JobActions type={job.type} paused={job.pause !== null} problem={problem} />
      </div>
    </li>
  );
}

function Why({ job }: { job: JobOverview }) {
  if (job.pause) {
    return (
      <p className={classes.why} data-tone="warn">
        Paused <Ago at={job.pause.since} />
        {job.pause.reason ? `: ${job.pause.reason}` : "."}
      </p>
    );
  }
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
          <NextRun at={job.nextRunAt} paused={job.pause !== null} />
        </dd>
      </div>
      <div>
        <dt>Completed</dt>
        <dd>
          {job.recent.ended > 0 ? (
            `${rateOf(job.recent)} of the last ${job.recent.ended}`
          ) : (
            <Missing why="no run has ended yet" />
          )}
        </dd>
      </div>
    </dl>
  );
}

/** Counts down; a time that has come is not shown as past, since the run may only just be starting. */
function NextRun({ at, paused }: { at: string | null; paused: boolean }) {
  const { ticking } = useNow();
  if (at !== null && ticking !== null && new Date(at).getTime() <= ticking) return "now";
  const why = paused ? "its schedule is paused" : "the schedule has no next time";
  return <Time at={at} missing={why} />;
}

/** Cut, not rounded: it never reads 100 % while one run failed. */
function rateOf({ completed, ended }: Outcomes): string {
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
