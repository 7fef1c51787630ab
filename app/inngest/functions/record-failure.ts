import { fingerprint } from "~/features/dead-letters/fingerprint.ts";
import { letterAdvice } from "~/features/dead-letters/letter-words.ts";
import { CHANNELS_SCOPE } from "~/features/notifications/message.server.ts";
import { raiseIncident } from "~/features/notifications/raise.server.ts";
import { sentence } from "~/lib/format.ts";
import { type ActionContext, type ActionRun, runAction, runStep } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import {
  closeSyncOf,
  countFailure,
  type DeadRun,
  deadRunOf,
  endRun,
  type Failure,
  giveLettersBack,
  keepLetter,
  streamOf,
  walletOf,
} from "../failed-run.ts";
import { notificationEvent } from "../notification-event.ts";

/** A server tells nobody of a run of this job that fails or is ended: its attempts outlast a long outage of the database. */
const FINISH_MS = 24 * 3_600_000;

/**
 * Whatever failed for good is kept as a dead letter, the sync it belonged to is closed or told, and a person is told of the first of its
 * kind. A run that a person cancelled is closed without a letter; one that its time limit ended has failed.
 */
export const recordFailure = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "record-failure",
      name: "Record a failure",
      triggers: [{ event: "inngest/function.failed" }, { event: "inngest/function.cancelled" }],
      retries: 10,
      concurrency: 5,
      timeouts: { finish: "24h" },
    },
    async (context) => {
      const { event, deps } = context;
      const dead = deadRunOf(event, deps.clock.now());
      if (!dead) return { ignored: event.name };
      const { correlationId, action } = dead;
      const options = {
        action: "record-failure",
        lastsMs: FINISH_MS,
        subject: action,
        correlationId,
      };
      return runAction(context, options, (run, logged) => record(context, logged, run, dead));
    },
  );

/** A step each: one that is tried again must not count the failure twice. */
async function record(
  { step }: Pick<ActionContext, "step">,
  deps: JobDeps,
  run: ActionRun,
  dead: DeadRun,
) {
  const now = () => new Date(deps.clock.now());
  const of = <T>(key: string, work: () => Promise<T>) =>
    runStep(step, deps, run, key, work, "action");
  const { status, failure } = await of("end-run", () => endRun(deps, dead));
  const letter = await of("keep", async () => {
    const wallet = await walletOf(deps, dead);
    const about = streamOf(deps, dead, wallet);
    if (status === "failed") return { ...about, ...(await keepLetter(deps, dead, about, failure)) };
    await giveLettersBack(deps, dead);
    return null;
  });
  const wallet = await runStep(step, deps, run, "count-failure", async () => {
    const found = await walletOf(deps, dead);
    if (found) await countFailure(deps, found, { status, failure }, now());
    return found;
  });
  await of("close-sync", () => closeSyncOf(deps, dead, wallet, failure, now()));
  if (letter?.newGroup) {
    const told = await of("tell", () => tell(deps, dead, letter, failure, now()));
    if (told.notificationId !== null) {
      await step.sendEvent("notify", notificationEvent(told.notificationId, run.correlationId));
    }
  }
  return { status, ...failure };
}

function tell(
  { db }: JobDeps,
  { action }: DeadRun,
  letter: { letterId: number; venue: string | null; stream: string | null },
  { code, message }: Failure,
  now: Date,
) {
  const of = letter.stream ? ` (${letter.stream})` : "";
  return raiseIncident(db, {
    // A channel that fails cannot tell of its own failure: that is told in the app alone.
    scope: action === "deliver-notification" ? CHANNELS_SCOPE : (letter.venue ?? "app"),
    key: `dead-letters:${fingerprint({ code, action, venue: letter.venue, message })}`,
    severity: "error",
    title: `${action} failed for good: ${code}`,
    text: `A run of ${action}${of} failed for good: ${sentence(message)} It is kept as a dead letter. ${letterAdvice(code)}`,
    link: `/dead-letters/${letter.letterId}`,
    now,
  });
}
