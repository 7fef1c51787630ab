import { callFunction } from "./call.ts";
import { decide, decideTimer, failRun } from "./decide.ts";
import { runsAtEnd } from "./lifecycle.ts";
import type { Change, ClaimedJob, EngineOptions, FunctionDefinition } from "./types.ts";
import type { Writer } from "./writer.ts";

/** Attempts of a function that is no longer registered, as for one that does not say how many it wants. */
const DEFAULT_ATTEMPTS = 5;

type Parts = {
  options: EngineOptions;
  writer: Writer;
  functions: () => Map<string, FunctionDefinition>;
};

/** The call after a change, out of what is already in memory. */
function nextCall(change: Change, id: string): ClaimedJob {
  const { job, step } = change;
  const comma = job.memos === "" ? "" : ",";
  return {
    ...job,
    id,
    claims: 1,
    stepId: "step",
    attempt: 0,
    version: change.version,
    started: true,
    stepCount: job.stepCount + 1,
    memos: `${job.memos}${comma}"${step?.stepId}":${step?.memo}`,
    stack: `${job.stack}${comma}"${step?.stepId}"`,
  };
}

/** Executes one job: the call (or what the engine does itself) and the commit of what follows from it. */
export function createExecutor({ options, writer, functions }: Parts) {
  const { clock, logger } = options;

  async function change(job: ClaimedJob, signal: AbortSignal): Promise<Change> {
    if (job.ended || job.kind !== "call") return decideTimer(job);
    const startedAt = clock.now();
    const maxAttempts = functions().get(job.functionId)?.maxAttempts ?? DEFAULT_ATTEMPTS;
    const reply = await callFunction(options, job, maxAttempts, signal);
    const at = {
      now: clock.now(),
      startedAt,
      maxAttempts,
      random: options.random ?? Math.random,
      retryIntervalMs: options.retryIntervalMs,
    };
    try {
      return decide(job, reply, at);
    } catch (error) {
      logger.error({ err: error, runId: job.runId }, "An unreadable reply ends the run");
      const message = `The reply could not be read: ${error instanceof Error ? error.message : String(error)}`;
      return failRun(job, { name: "InvalidReplyError", message });
    }
  }

  function withEndRuns(decided: Change): Change {
    if (!decided.end) return decided;
    const runs = runsAtEnd(decided.job, decided.end, functions().values(), clock.now());
    return { ...decided, runs };
  }

  /**
   * Gives back the run's next call where it stays with this worker, else null. `signal` ends the wait for the reply and drops it.
   * Rejects where the database does not take the result: the lease then runs out and the job is executed again.
   */
  return async function execute(
    job: ClaimedJob,
    keep: () => boolean,
    signal: AbortSignal,
  ): Promise<{ next: ClaimedJob | null; queued: number }> {
    const decided = withEndRuns(await change(job, signal));
    if (signal.aborted) return { next: null, queued: 0 };
    const stays = job.stepId === "step" && decided.advance && keep();
    const written = await writer.apply(decided, stays);
    if (!written.counted && job.kind === "call") {
      logger.warn(
        { runId: job.runId, functionId: job.functionId, stepId: job.stepId },
        "A result came after its lease was lost or its run had ended, and is dropped",
      );
    } else if (decided.end?.status === "failed") {
      logger.warn(
        { runId: job.runId, functionId: job.functionId, error: decided.end.error },
        "A run has failed",
      );
    }
    return {
      next: written.next === null ? null : nextCall(decided, written.next),
      queued: written.queued,
    };
  };
}
