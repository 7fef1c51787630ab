import {
  markRequested,
  nextBatch,
  type ReplayBatch,
} from "~/features/dead-letters/replay.server.ts";
import { paceOf } from "~/features/dead-letters/replay-pace.ts";
import { type ActionContext, type ActionRun, runAction, runStep } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { JOB_EVENTS } from "../job-events.ts";
import { replayRequested } from "../types.ts";

/** A run asks for so many batches, then another run goes on: the history of a run is bounded. */
const BATCHES_PER_RUN = 60;
/** At the slowest rate a batch goes out every minute. */
const LASTS_MS = 3 * 3_600_000;

/** Sends the events of a replay's letters again, no faster than its rate, until all are sent or it is aborted. */
export const replayDeadLetters = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "replay-dead-letters",
      name: "Replay dead letters",
      triggers: [replayRequested],
      retries: 5,
      concurrency: { key: "event.data.replayId", limit: 1 },
      timeouts: { finish: "3h" },
    },
    (context) =>
      runAction(
        context,
        {
          action: "replay-dead-letters",
          lastsMs: LASTS_MS,
          subject: String(context.event.data.replayId),
        },
        (run, deps) => replay(context, deps, run, context.event.data.replayId),
      ),
  );

async function replay(
  { step }: Pick<ActionContext, "step">,
  deps: JobDeps,
  run: ActionRun,
  replayId: number,
) {
  const { db, clock } = deps;
  const pace = await runStep(step, deps, run, "pace", () => readPace(deps, replayId), "action");
  if (pace === null) return { sent: 0 };
  let sent = 0;
  for (let n = 0; n < BATCHES_PER_RUN; n++) {
    if (n > 0) await step.sleep(`wait-${n}`, pace.everyMs);
    const now = () => new Date(clock.now());
    const batch: ReplayBatch = await runStep(
      step,
      deps,
      run,
      `take-${n}`,
      () => nextBatch(db, replayId, pace.batch, { targets: JOB_EVENTS, now: now() }),
      "action",
    );
    if (batch.over) return { sent };
    if (batch.events.length === 0) continue;
    await step.sendEvent(`send-${n}`, batch.events);
    await runStep(
      step,
      deps,
      run,
      `note-${n}`,
      () => markRequested(db, replayId, batch.letterIds, now()),
      "action",
    );
    sent += batch.events.length;
  }
  await step.sleep("wait-for-more", pace.everyMs);
  await step.sendEvent(
    "go-on",
    replayRequested.create(
      { replayId, origin: { correlationId: run.correlationId } },
      { id: `replay-${replayId}-after-${run.inngestRunId}` },
    ),
  );
  return { sent };
}

/** How fast the letters of a replay are asked for; null = there is no such replay. */
async function readPace({ db }: JobDeps, replayId: number) {
  const found = await db.replay.findUnique({
    where: { id: replayId },
    select: { perMinute: true },
  });
  return found && paceOf(found.perMinute);
}
