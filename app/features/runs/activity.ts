/** A job of a run that is under way, as far as it tells what happens. Times ISO UTC. */
export type OpenJob = {
  kind: string;
  state: string;
  stepId: string;
  /** From 0. */
  attempt: number;
  dueAt: string;
  claimedAt: string | null;
  blockedOn: string | null;
  /** It was due, but its turn has not come. */
  throttled: boolean;
};

/** What a run, or a step of it, does or waits for: words, followed by a moment ("wakes up" "in 3 min"). */
export type Activity = {
  tone: "busy" | "warn" | "neutral";
  words: string;
  /** ISO UTC; null = the words speak of none. */
  at: string | null;
};

/** What a job of a run says of it; null for jobs that only watch over it. */
export function activityOf(job: OpenJob): Activity | null {
  switch (job.kind) {
    case "call":
      return callActivity(job);
    case "sleep":
      return { tone: "neutral", words: "Asleep; wakes up", at: job.dueAt };
    case "wait":
      return { tone: "neutral", words: "Waits for an event; gives up", at: job.dueAt };
    case "invoke":
      return { tone: "neutral", words: "Waits for the run it invoked; gives up", at: job.dueAt };
    default:
      return null;
  }
}

function callActivity(job: OpenJob): Activity {
  const attempt = `Attempt ${job.attempt + 1}`;
  if (job.state === "claimed") {
    const words = job.attempt > 0 ? `${attempt} is executing; began` : "Executing; began";
    return { tone: "busy", words, at: job.claimedAt };
  }
  if (job.state === "blocked") return { tone: "neutral", words: blockedWords(job), at: null };
  if (job.throttled)
    return { tone: "neutral", words: "Held back by a throttle; begins", at: job.dueAt };
  if (job.state === "ready")
    return { tone: "neutral", words: "Due; a free worker takes it", at: null };
  if (job.attempt > 0) return { tone: "warn", words: `${attempt} begins`, at: job.dueAt };
  return { tone: "neutral", words: "Begins", at: job.dueAt };
}

/** The engine names a slot "fn <function> <rule> <value of the key>", or "env <key> <value>" where functions share the limit. */
function blockedWords({ blockedOn }: OpenJob): string {
  const [scope, , , ...value] = (blockedOn ?? "").split(" ");
  const whose =
    scope === "env" ? "a concurrency limit that functions share" : "its concurrency limit";
  const of = value.join(" ");
  const key = scope === "fn" && of !== "" && of !== "null" ? ` for ${of}` : "";
  return `Held back by ${whose}${key}: others are executing`;
}
