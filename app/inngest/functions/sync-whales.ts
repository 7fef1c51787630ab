import { cron } from "inngest";
import { reasonHeldBack } from "~/features/syncs/pause.server.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import {
  closeOverdueSyncs,
  closeSync,
  openSync,
  type SyncStart,
  skipSync,
} from "~/features/syncs/sync-log.server.ts";
import { claimDueWhales, countFollowed, countReading } from "~/features/whales/claim.server.ts";
import { statsLagBehind } from "~/features/whales/compute-stats.server.ts";
import { refusalOf } from "~/features/whales/credential-gate.server.ts";
import type { ErrorCode } from "~/reliability/errors.ts";
import type { Venue } from "~/venues/venue.ts";
import { type ActionContext, type ActionRun, runAction, runStep } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { triggerOf } from "../sync-step.ts";
import {
  computeStatsRequested,
  syncDiscoveryRequested,
  syncWhaleRequested,
  syncWhalesRequested,
} from "../types.ts";

/** A sync of wallets that has not ended by then is closed as incomplete, and its wallets are due again. */
const WHALES_DEADLINE_MS = 10 * 60_000;
/** Discovery is not asked for again within this time, however many ticks find that nobody is followed. */
const DISCOVERY_PAUSE_MS = 10 * 60_000;

type Reason = { note: string; code: ErrorCode | null };

/**
 * Picks the whales that are due and asks for each to be read by a run of its own; the log closes when the last of them has reported.
 * Event ids derive from the log, so a step that runs again asks for nothing twice.
 */
export const syncWhales = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "sync-whales",
      name: "Sync whales",
      triggers: [cron(SYNC_SCHEDULE.whales.cron), syncWhalesRequested],
      retries: 3,
      concurrency: 2,
      timeouts: { finish: "10m" },
    },
    (context) => {
      const { event } = context;
      const everyone = event.name === "sync/whales.requested" && event.data.all === true;
      return runAction(
        context,
        { action: "sync-whales", lastsMs: WHALES_DEADLINE_MS },
        (run, deps) => fanOut(context, deps, run, everyone),
      );
    },
  );

async function fanOut(
  { event, step }: Pick<ActionContext, "event" | "step">,
  deps: JobDeps,
  run: ActionRun,
  everyone: boolean,
) {
  const asked = { trigger: triggerOf(event, run), everyone };
  const picked = await runStep(step, deps, run, "pick", () => pick(deps, run, asked), "action");
  const runId = run.inngestRunId;
  const origin = { correlationId: run.correlationId };
  if (picked.discover) {
    await step.sendEvent(
      "discover",
      syncDiscoveryRequested.create({ trigger: "start", origin }, { id: `discovery-${runId}` }),
    );
  }
  if (picked.stats) {
    await step.sendEvent(
      "statistics",
      computeStatsRequested.create({ trigger: "start", origin }, { id: `stats-${runId}` }),
    );
  }
  if (picked.whaleIds.length > 0) {
    await step.sendEvent(
      "fan-out",
      picked.whaleIds.map((whaleId) =>
        syncWhaleRequested.create(
          { syncLogId: picked.syncLogId, whaleId, rereadNow: everyone, origin },
          { id: `whale-${runId}-${whaleId}` },
        ),
      ),
    );
  }
  return { syncLogId: picked.syncLogId, whales: picked.whaleIds.length };
}

type Picked = {
  syncLogId: number;
  whaleIds: number[];
  /** Ask for whales to be found. */
  discover: boolean;
  /** Ask for figures that had to wait for a history. */
  stats: boolean;
};

async function pick(
  deps: JobDeps,
  run: ActionRun,
  asked: { trigger: SyncStart["trigger"]; everyone: boolean },
): Promise<Picked> {
  const { db, clock } = deps;
  const now = new Date(clock.now());
  await closeOverdueSyncs(db, now);
  const start: SyncStart = {
    runId: run.inngestRunId,
    correlationId: run.correlationId,
    type: "whales",
    venue: null,
    trigger: asked.trigger,
    now,
    deadlineAt: new Date(now.getTime() + WHALES_DEADLINE_MS),
    exclusive: false,
  };
  const paused = await reasonHeldBack(db, start.type, start.trigger);
  if (paused !== null) {
    const { id } = await skipSync(db, start, paused, null);
    return { syncLogId: id, whaleIds: [], discover: false, stats: false };
  }
  const reasons: Reason[] = [];
  const readable: { venue: Venue; limit?: number }[] = [];
  for (const venue of deps.venues) {
    const reason = await reasonNotToRead(deps, venue, now);
    if (reason) reasons.push(reason);
    else readable.push({ venue, limit: await probeLimit(deps, venue) });
  }
  const [reason] = reasons;
  if (readable.length === 0 && reason) {
    const { id } = await skipSync(db, start, reason.note, reason.code);
    return { syncLogId: id, whaleIds: [], discover: await wantsDiscovery(deps, now), stats: false };
  }
  const sync = await openSync(db, start);
  const whaleIds: number[] = [];
  if (sync.skipped === null) {
    for (const { venue, limit } of readable) {
      const claimed = await claimDueWhales(db, {
        syncLogId: sync.id,
        venue: venue.id,
        everyone: asked.everyone,
        limit,
        now,
        claimedUntil: start.deadlineAt,
      });
      whaleIds.push(...claimed.map(({ id }) => id));
    }
    if (whaleIds.length === 0) await closeEmpty(deps, sync.id, now);
  }
  return { syncLogId: sync.id, whaleIds, discover: false, stats: await statsLagBehind(db) };
}

async function reasonNotToRead(deps: JobDeps, venue: Venue, now: Date): Promise<Reason | null> {
  if (!venue.readsWallets) return { note: venue.walletsHint ?? "No key.", code: null };
  if ((await countFollowed(deps.db, venue.id)) === 0) {
    return { note: `No wallet of ${venue.name} is followed yet.`, code: null };
  }
  const refusal = await refusalOf(deps.db, venue.id);
  if (refusal && refusal.nextTryAt > now) {
    const time = refusal.nextTryAt.toISOString().slice(11, 16);
    return { note: `${refusal.message} Tried again at ${time} UTC.`, code: refusal.code };
  }
  return null;
}

/** One wallet is enough to find out whether a venue that refused us, or was down, answers again. */
async function probeLimit(deps: JobDeps, venue: Venue): Promise<number | undefined> {
  const paused = venue.pacer.state().pauseReason !== null;
  return paused || (await refusalOf(deps.db, venue.id)) ? 1 : undefined;
}

async function wantsDiscovery(deps: JobDeps, now: Date): Promise<boolean> {
  const followed = await deps.db.whale.findFirst({
    where: { followed: true },
    select: { id: true },
  });
  if (followed) return false;
  const recent = await deps.db.syncLog.findFirst({
    where: {
      type: "discovery",
      startedAt: { gt: new Date(now.getTime() - DISCOVERY_PAUSE_MS) },
    },
    select: { id: true },
  });
  return recent === null;
}

async function closeEmpty(deps: JobDeps, syncLogId: number, now: Date) {
  const reading = await countReading(deps.db);
  await closeSync(deps.db, syncLogId, {
    status: reading > 0 ? "skipped" : "completed",
    note:
      reading > 0
        ? `Earlier syncs are still reading ${reading} wallets, and no other is due.`
        : "No wallet was due.",
    now,
  });
}
