import { randomUUID } from "node:crypto";
import { announce, announceToParent } from "./announce.ts";
import { callFunction } from "./call.ts";
import type { Checkpoints } from "./checkpoint.ts";
import { bodyFailed, type Circumstances, decide, decideLost, failRun, nothing } from "./decide.ts";
import type { RoutableEvent } from "./events/routing.ts";
import { withDone } from "./job-state.ts";
import { toJsonError } from "./json-error.ts";
import { stateOverflow, stepOverflow } from "./limits.ts";
import { DEFAULT_ATTEMPTS } from "./registration/registration.ts";
import type { Change, ClaimedJob, EngineOptions, FunctionDefinition, Routed } from "./types.ts";
import type { Writer } from "./writer.ts";

/** Claims of one attempt that came to nothing: as often its worker was lost. */
const MAX_CLAIMS = 20;

type Parts = {
  options: EngineOptions;
  writer: Pick<Writer, "apply">;
  checkpoints: Pick<Checkpoints, "open">;
  functions: () => ReadonlyMap<string, FunctionDefinition>;
  /** What events lead to (routing.ts), with the functions and waiting runs of the moment. */
  route: (incoming: RoutableEvent[]) => Promise<Routed>;
};

/** The call after a change, out of what is already in memory. */
const nextCall = (change: Change, id: string): ClaimedJob => ({
  ...withDone(change.job, change.done),
  id,
  claims: 1,
  stepId: "step",
  attempt: 0,
  version: change.version,
  planOnly: false,
});

/** Executes one job: the call of the app, or the announcement of a run's end, and the commit of what follows from it. */
export function createExecutor({ options, writer, checkpoints, functions, route }: Parts) {
  const { clock, logger } = options;

  function circumstances(job: ClaimedJob, startedAt: number): Circumstances {
    const registered = functions();
    return {
      now: clock.now(),
      startedAt,
      maxAttempts: registered.get(job.functionId)?.maxAttempts ?? DEFAULT_ATTEMPTS,
      random: options.random ?? Math.random,
      retryIntervalMs: options.retryIntervalMs,
      functions: registered,
    };
  }

  /** Why the app is not to be called; null = it is. */
  function refusal(job: ClaimedJob): Change | null {
    const overflow = stepOverflow(job.stepCount) ?? stateOverflow(job.stateBytes);
    if (overflow) return failRun(job, overflow);
    const at = circumstances(job, clock.now());
    if (job.claims > MAX_CLAIMS) return decideLost(job, at);
    if (functions().has(job.functionId)) return null;
    const message = `No registered app has the function "${job.functionId}". Start the app that has it, and register it.`;
    return bodyFailed(job, { name: "FunctionNotFoundError", message }, at);
  }

  /** Null = what came back counts for nothing: the run has ended, or the call was another's meanwhile. */
  async function call(
    job: ClaimedJob,
    definition: FunctionDefinition,
    signal: AbortSignal,
  ): Promise<Change | null> {
    const startedAt = clock.now();
    const at = () => circumstances(job, startedAt);
    const requestId = randomUUID();
    const discovers = job.stepId === "step" && !job.planOnly;
    const open = discovers ? checkpoints.open(job, requestId, at) : null;
    const reply = await callFunction(options, job, definition, requestId, signal);
    const saved = (await open?.close()) ?? { job, over: false, end: null };
    if (signal.aborted) return null;
    if (saved.over) {
      report(job, saved.end?.end ?? null, saved.end !== null);
      return saved.end ? null : nothing(job);
    }
    try {
      return decide(saved.job, reply, at());
    } catch (error) {
      logger.error({ err: error, runId: job.runId }, "An unreadable reply ends the run");
      const message = `The reply could not be read: ${toJsonError(error).message}`;
      return failRun(saved.job, { name: "InvalidReplyError", message });
    }
  }

  async function change(job: ClaimedJob, signal: AbortSignal): Promise<Change | null> {
    if (job.kind === "announce") {
      if (job.claims <= MAX_CLAIMS) return announce(job, clock.now(), route);
      logger.error({ runId: job.runId }, "The end of a run could not be announced; nobody is told");
      return announceToParent(job);
    }
    const refused = refusal(job);
    const definition = functions().get(job.functionId);
    return refused || !definition ? refused : call(job, definition, signal);
  }

  function report(job: ClaimedJob, end: Change["end"], counted: boolean): void {
    const { runId, functionId, stepId } = job;
    if (!counted && job.kind === "call") {
      logger.warn(
        { runId, functionId, stepId },
        "A result came after its lease was lost or its run had ended, and is dropped",
      );
    } else if (end?.status === "failed") {
      logger.warn({ runId, functionId, error: end.error }, "A run has failed");
    }
  }

  /**
   * Gives back the run's next call where it stays with this worker (which `keep` allows), else null. `signal` ends the wait for the reply and
   * drops it. Rejects where the database does not take the result: the lease then runs out and the job is executed again.
   */
  return async function execute(
    job: ClaimedJob,
    keep: () => boolean,
    signal: AbortSignal,
  ): Promise<{ next: ClaimedJob | null; queued: boolean }> {
    const decided = await change(job, signal);
    if (!decided || signal.aborted) return { next: null, queued: false };
    // Only a run of which nothing else is open is known well enough to go on without asking the database.
    const alone = job.stepId === "step" && job.pending === 0 && decided.planned.length === 0;
    const goesOn = alone && decided.advance && !decided.retry;
    const written = await writer.apply(decided, goesOn && keep());
    report(job, decided.end, written.counted);
    return {
      next: written.next === null ? null : nextCall(decided, written.next),
      queued: written.queued,
    };
  };
}
