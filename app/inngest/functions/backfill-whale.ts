import { closeSync, openSync } from "~/features/syncs/sync-log.server.ts";
import {
  type BackfillClaim,
  claimForBackfill,
  noteBackfill,
} from "~/features/whales/backfill.server.ts";
import { createError } from "~/reliability/errors.ts";
import { type ActionContext, type ActionRun, runAction, runStep } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { backfillRequested, syncWhaleRequested } from "../types.ts";

/** A backfill that has not ended by then is closed as incomplete; the wallet's next syncs go on with it. */
const DEADLINE_MS = 10 * 60_000;
/** A wallet that another sync is reading is waited for. */
const WAIT = "10s";
const MAX_WAITS = 30;

type Asked = { whaleId: number; from: string; to: string };

/**
 * Has a wallet read again from its newest trade down to the begin of a range, as a sync of its own that the run which reads it closes:
 * what was missing is stored then. The venue's lists cannot be asked by time.
 */
export const backfillWhale = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "backfill-whale",
      name: "Read a range of a whale again",
      triggers: [backfillRequested],
      retries: 3,
      concurrency: 4,
      timeouts: { finish: "10m" },
    },
    (context) => {
      const { event } = context;
      if (event.name !== "sync/backfill.requested") return null;
      const options = {
        action: "backfill-whale",
        lastsMs: DEADLINE_MS,
        subject: `whale-${event.data.whaleId}`,
      };
      return runAction(context, options, (run, deps) => backfill(context, deps, run, event.data));
    },
  );

async function backfill(
  { step }: Pick<ActionContext, "step">,
  deps: JobDeps,
  run: ActionRun,
  asked: Asked,
) {
  let opened = await runStep(step, deps, run, "open", () => open(deps, run, asked, false));
  for (let n = 1; opened.claim.state === "busy" && n <= MAX_WAITS; n++) {
    await step.sleep(`wait-${n}`, WAIT);
    const last = n === MAX_WAITS;
    opened = await runStep(step, deps, run, `open-${n}`, () => open(deps, run, asked, last));
  }
  const { syncLogId, claim } = opened;
  if (claim.state !== "claimed") return { syncLogId };
  const { correlationId } = run;
  const { whaleId } = asked;
  await step.sendEvent(
    "read",
    syncWhaleRequested.create(
      { syncLogId, whaleId, rereadNow: true, origin: { correlationId } },
      { id: `whale-${run.inngestRunId}-${whaleId}` },
    ),
  );
  return { syncLogId, knownUntil: claim.knownUntil };
}

/** Opens the sync and claims the wallet; where it is not to be had, and is not waited for (any longer), the sync is closed as skipped. */
async function open(
  { db, clock }: JobDeps,
  run: ActionRun,
  asked: Asked,
  last: boolean,
): Promise<{ syncLogId: number; claim: BackfillClaim }> {
  const now = new Date(clock.now());
  const sync = await openSync(db, {
    runId: run.inngestRunId,
    correlationId: run.correlationId,
    type: "whales",
    venue: null,
    trigger: run.repeated ? "replay" : "backfill",
    now,
    deadlineAt: new Date(now.getTime() + DEADLINE_MS),
    exclusive: false,
  });
  const claim = await claimForBackfill(db, {
    syncLogId: sync.id,
    whaleId: asked.whaleId,
    from: new Date(asked.from),
    now,
    claimedUntil: new Date(sync.startedAt.getTime() + DEADLINE_MS),
  });
  const range = `Range read again: ${asked.from.slice(0, 10)} to ${asked.to.slice(0, 10)}.`;
  if (claim.state === "refused") {
    await closeSync(db, sync.id, { status: "skipped", note: claim.why, now });
  } else if (claim.state === "busy" && last) {
    const note = `Sync ${claim.syncLogId} was still reading the wallet; ask again when it has ended.`;
    // Skipped, it would count as done, and the letter that it is to resolve as replayed.
    if (run.repeated) throw createError("EXECUTION_FAILED", note);
    await closeSync(db, sync.id, { status: "skipped", note, now });
  } else {
    const waits = claim.state === "busy" ? ` It waits for sync ${claim.syncLogId}.` : "";
    await noteBackfill(db, sync.id, range + waits);
  }
  return { syncLogId: sync.id, claim };
}
