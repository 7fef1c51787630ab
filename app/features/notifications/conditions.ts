import { formatDuration, formatUtcShort, sentence } from "~/lib/format.ts";
import type { Standing } from "./incident.ts";

/** How much longer than its schedule allows data may be on its way before somebody is told. */
export const LATE_GRACE_MS = 3 * 60_000;
/** A database that is younger has not been measured yet. */
const FIRST_DATA_MS = 15 * 60_000;
/** Rows that failed their schema within this time are compared with those that were fetched. */
export const QUARANTINE_WINDOW_MS = 3_600_000;
const QUARANTINE_ROWS = 5;
const QUARANTINE_SHARE = 0.05;
/** A host that is held for less recovers by itself. */
const PAUSED_MS = 30_000;

/** A job that is not paused, in the words of the page that shows it. */
export type JobReport = {
  /** "markets" */
  type: string;
  /** "Markets" */
  name: string;
  /** "every 5 minutes" */
  schedule: string;
  /** The venue it reads; null = it reads none, or several that its runs do not tell apart. */
  venue: string | null;
  failing: { since: Date; message: string | null; code: string | null; advice: string } | null;
  /** When it last brought or computed something; null = never. */
  goodAt: Date | null;
  /** Null = it has never run. */
  firstRunAt: Date | null;
  late: boolean;
};

/** Rows of one venue within the window, of the quarantined ones those that have not been read properly since. */
type QuarantineReport = { venue: string | null; fetched: number; quarantined: number };

/** A host whose requests are held by its pacer. */
type HostReport = {
  venue: string;
  name: string;
  since: Date;
  until: Date | null;
  reason: string;
};

export type HealthFacts = {
  jobs: readonly JobReport[];
  quarantine: readonly QuarantineReport[];
  hosts: readonly HostReport[];
  /** Since when looks have followed one another without a gap: what was missed before is nobody's failure. */
  watchedSince: Date;
  /** Keys of conditions that stood at the last look. */
  standing: ReadonlySet<string>;
  now: Date;
};

/** What is wrong now, gravest first. */
export function conditionsOf(facts: HealthFacts): Standing[] {
  return [
    ...facts.jobs.flatMap(failingJob),
    ...facts.jobs.flatMap((job) => lateJob(job, facts)),
    ...facts.hosts.flatMap((host) => pausedHost(host, facts.now)),
    ...facts.quarantine.flatMap((share) => quarantineRate(share, facts)),
  ];
}

function failingJob({ type, name, venue, failing }: JobReport): Standing[] {
  if (!failing) return [];
  const { since, code, message, advice } = failing;
  const said = sentence([code, message].filter(Boolean).join(": ") || "it says no reason");
  return [
    {
      key: `job-failing:${type}`,
      scope: venue ?? "app",
      severity: "error",
      title: `${name} has failed twice in a row`,
      text: `${name} has failed since ${timeOf(since)}: ${said} ${advice}`.trim(),
      link: `/syncs?type=${type}`,
    },
  ];
}

function lateJob(job: JobReport, { watchedSince, standing, now }: HealthFacts): Standing[] {
  const { type, name, venue, goodAt, firstRunAt, schedule } = job;
  const key = `data-old:${type}`;
  if (!job.late) return [];
  // After a stop of the app the jobs that were missed run first; and a database that has just begun has no data that could be old.
  const begun = goodAt === null && now.getTime() - (firstRunAt?.getTime() ?? 0) < FIRST_DATA_MS;
  const watched = now.getTime() - watchedSince.getTime() >= LATE_GRACE_MS;
  if (begun || (!watched && !standing.has(key))) return [];
  const since = goodAt
    ? `last brought something at ${timeOf(goodAt)}`
    : `has brought nothing since its first run at ${timeOf(firstRunAt ?? now)}`;
  return [
    {
      key,
      scope: venue ?? "app",
      severity: "warning",
      title: `${name} is late: its data is ${age(goodAt ?? firstRunAt, now)} old`,
      text: `${name} runs ${schedule} and ${since}. Look at its last runs; "Run now" starts it by hand.`,
      link: `/syncs?type=${type}`,
    },
  ];
}

function pausedHost({ venue, name, since, until, reason }: HostReport, now: Date): Standing[] {
  const heldMs = Math.max(until?.getTime() ?? 0, now.getTime()) - since.getTime();
  if (heldMs < PAUSED_MS) return [];
  return [
    {
      key: `host-paused:${venue}`,
      scope: venue,
      severity: "warning",
      title: `Requests to ${name} are paused`,
      text: `Requests to ${name} have been paused since ${timeOf(since)}: ${sentence(reason)} Nothing to do: it is asked again until it answers, and what was missed is read then.`,
      link: "/syncs",
    },
  ];
}

function quarantineRate(share: QuarantineReport, { standing }: HealthFacts): Standing[] {
  const { venue, fetched, quarantined } = share;
  const key = `quarantine:${venue ?? "app"}`;
  // It is over only well below the rate at which it began.
  const factor = standing.has(key) ? 0.5 : 1;
  const many = quarantined >= QUARANTINE_ROWS * factor;
  if (!many || quarantined <= fetched * QUARANTINE_SHARE * factor) return [];
  return [
    {
      key,
      scope: venue ?? "app",
      severity: "warning",
      title: "Many rows cannot be read",
      text: `${quarantined} of ${fetched} rows that were fetched within an hour failed their schema. They are kept as received and read again later; if it goes on, the venue has changed its format and this version cannot read it.`,
      link: "/syncs?problem=quarantined",
    },
  ];
}

function age(since: Date | null, now: Date): string {
  return since === null ? "" : formatDuration(now.getTime() - since.getTime());
}

function timeOf(at: Date): string {
  return formatUtcShort(at.toISOString());
}
