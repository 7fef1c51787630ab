import { StepError } from "inngest";
import { resolveLetters } from "~/features/dead-letters/resolve.server.ts";
import { type AttemptLog, createAttemptLog } from "~/reliability/attempts.server.ts";
import {
  completeRun,
  type EnsuredRun,
  ensureIdempotent,
  markRunAsFailed,
} from "~/reliability/idempotency.server.ts";
import {
  executeWithRetry,
  type Preset,
  type PresetName,
  RETRY_PRESETS,
} from "~/reliability/retry.server.ts";
import type { JobDeps, Step } from "./client.ts";
import { originOf } from "./origin.ts";
import { asStep, failureOf } from "./step-errors.ts";

/** A run that Inngest has not ended by its time limit is given so much longer until it counts as cut off. */
export const GRACE_MS = 5 * 60_000;

/** One attempt: what is inside tries again by itself, and Inngest tries the step again. */
const ONCE: Preset = { attempts: 1, startingDelayMs: 0, maxDelayMs: 0 };

/** What an Inngest function hands over of its context. */
export type ActionContext = {
  event: { id?: string; name: string; data?: unknown };
  step: Step;
  deps: JobDeps;
  /** Inngest's. */
  runId: string;
  /** Inngest's, of the step that this call executes; from 0. */
  attempt?: number;
};

export type ActionOptions = {
  /** The function's own id. */
  action: string;
  /** How long a run may take, in milliseconds: the function's finish timeout. */
  lastsMs: number;
  /** Key of the part of its cause that it is about. */
  subject?: string;
  /** Of the cause, where the event does not say it. */
  correlationId?: string;
};

export type ActionRun = {
  id: number;
  action: string;
  inngestRunId: string;
  correlationId: string;
  /** It does the work of a run that did not complete. */
  repeated: boolean;
  /** ISO UTC. */
  startedAt: string;
  /** Attempts that Inngest has made before at the step that is executed now; each step's body asks once. */
  earlierAttempts(): number;
};

/** As it is told to the steps of an Inngest run: times as ISO UTC. */
export type BegunRun = Pick<
  EnsuredRun,
  "id" | "state" | "inngestRunId" | "correlationId" | "previousId"
> & { action: string; startedAt: string };

/**
 * Claims the work for this run, or tells who has it; told twice of the same run it answers the same. Dead letters of work that is done
 * are replayed: one that was discarded while it was done, and opened again. For the body of a step.
 * @throws AppError when the database does not answer
 */
export async function beginAction(
  { event, deps, runId }: ActionContext,
  { action, lastsMs, subject, correlationId }: ActionOptions,
): Promise<BegunRun> {
  const now = deps.clock.now();
  const origin = originOf(event, runId);
  const attempted = { log: null, clock: deps.clock };
  const start = {
    ...origin,
    correlationId: correlationId ?? origin.correlationId,
    action,
    subject,
    inngestRunId: runId,
    now: new Date(now),
    expiresAt: new Date(now + lastsMs + GRACE_MS),
  };
  const claim = async () => {
    const ensured = await ensureIdempotent(deps.db, start);
    if (ensured.state === "completed") {
      await resolveLetters(deps.db, { ...start, inngestRunId: ensured.inngestRunId });
    }
    return ensured;
  };
  const run = await executeWithRetry(attempted, claim, "action");
  const begun = {
    id: run.id,
    action,
    state: run.state,
    inngestRunId: run.inngestRunId,
    correlationId: run.correlationId,
    previousId: run.previousId,
    startedAt: run.startedAt.toISOString(),
  };
  if (isDuplicate(begun)) deps.metrics.runEnded(action, "duplicate");
  return begun;
}

/** Whether another run does the work, or has done it. */
export const isDuplicate = ({ state }: BegunRun) => state === "running" || state === "completed";

/** The run as the work sees it. */
export function actionRunOf(begun: BegunRun, { attempt = 0 }: ActionContext): ActionRun {
  let earlier = attempt;
  return {
    id: begun.id,
    action: begun.action,
    inngestRunId: begun.inngestRunId,
    correlationId: begun.correlationId,
    repeated: begun.previousId !== null,
    startedAt: begun.startedAt,
    // One call may execute several steps; Inngest's number is that of the first of them.
    earlierAttempts: () => {
      const count = earlier;
      earlier = 0;
      return count;
    },
  };
}

/**
 * The work is done: its run says so with the result, and the dead letters of runs that had failed at it are replayed. For the body of a
 * step; a second time changes nothing.
 */
export async function endAction(
  { event, deps, runId }: ActionContext,
  { action }: ActionOptions,
  run: Pick<ActionRun, "id" | "repeated" | "correlationId">,
  result: unknown,
): Promise<void> {
  const now = new Date(deps.clock.now());
  const { idempotencyKey } = originOf(event, runId);
  await executeWithRetry(
    { log: null, clock: deps.clock },
    async () => {
      await completeRun(deps.db, run.id, result, now);
      // A letter has a run before this one, or its key comes with the event.
      if (run.repeated || idempotencyKey !== (event.id ?? runId)) {
        await resolveLetters(deps.db, { action, idempotencyKey, inngestRunId: runId, now });
      }
    },
    "action",
  );
  deps.metrics.runEnded(action, "completed");
  deps.logger.debug({ action, run: runId, correlation: run.correlationId }, "run completed");
}

/** Dependencies whose log lines name the action, its run and what caused it. */
export function depsOf(deps: JobDeps, { action }: ActionOptions, run: ActionRun): JobDeps {
  const { inngestRunId, correlationId } = run;
  const logger = deps.logger.child({ action, run: inngestRunId, correlation: correlationId });
  return { ...deps, logger };
}

/**
 * Wraps the body of an Inngest function, so that a piece of work is done once however often it is asked for: a first step claims it, a last
 * one notes its result. A second run for work that is under way or done does nothing. After a run that failed, the next one with the
 * same key does the work.
 * @param work gets its run, and dependencies whose log lines name it; what it throws fails the run
 * @returns what `work` gave, or the Inngest run id of the run that has the work
 */
export async function runAction<T>(
  context: ActionContext,
  options: ActionOptions,
  work: (run: ActionRun, deps: JobDeps) => Promise<T>,
): Promise<T | { duplicateOf: string }> {
  const { step, deps } = context;
  const begin = () => asStep(() => beginAction(context, options), deps.redact);
  let begun: BegunRun = await step.run("begin", begin);
  if (!isDuplicate(begun) && begun.inngestRunId !== context.runId) {
    // A rerun from a later step has the results of another run's first steps, but not its claim.
    begun = await step.run("begin-again", begin);
  }
  if (isDuplicate(begun)) return { duplicateOf: begun.inngestRunId };
  const run = actionRunOf(begun, context);
  try {
    const result = await work(run, depsOf(deps, options, run));
    await step.run("end", () =>
      asStep(() => endAction(context, options, run, result), deps.redact),
    );
    return result;
  } catch (error) {
    await giveUp(context, context.runId, error);
    throw error;
  }
}

/**
 * A step has failed for good: from now on another run may do the work, without waiting for the failure to be recorded. Where this cannot
 * be noted, recording the failure does it.
 */
export async function giveUp(
  { step, deps }: Pick<ActionContext, "step" | "deps">,
  runId: string,
  error: unknown,
): Promise<void> {
  if (!(error instanceof StepError)) return;
  const { code, message } = failureOf(error);
  const failure = { code, message: deps.redact(message) };
  const noted = step.run("give-up", () =>
    asStep(() => markRunAsFailed(deps.db, runId, failure, new Date(deps.clock.now())), deps.redact),
  );
  await noted.catch((cause: unknown) =>
    deps.logger.error({ err: cause, run: runId }, "could not note that a run has failed"),
  );
}

/**
 * One named step of an action. Every attempt at it is recorded, and its number counts on from one call of Inngest to the next; a
 * memoised step is neither executed nor recorded.
 * @param work gets the log for the requests it makes
 * @param preset how hiccups are tried again within the step; left out, Inngest alone tries again
 */
export function runStep<T>(
  step: Step,
  deps: JobDeps,
  run: ActionRun,
  key: string,
  work: (attempts: AttemptLog) => Promise<T>,
  preset: PresetName | Preset = ONCE,
) {
  return step.run(key, () => attemptStep(deps, run, key, work, preset));
}

/** The body of `runStep`, for a step that does more than one thing. */
export function attemptStep<T>(
  deps: JobDeps,
  run: ActionRun,
  key: string,
  work: (attempts: AttemptLog) => Promise<T>,
  preset: PresetName | Preset = ONCE,
): Promise<T> {
  const { db, logger, redact, clock, metrics } = deps;
  const rows = createAttemptLog(db, { runId: run.id, step: key, logger, redact });
  const log: AttemptLog = {
    record(attempt) {
      metrics.attemptEnded(run.action, attempt);
      return rows.record(attempt);
    },
  };
  const { attempts } = typeof preset === "string" ? RETRY_PRESETS[preset] : preset;
  const firstNumber = run.earlierAttempts() * attempts + 1;
  return asStep(
    () => executeWithRetry({ log, clock, firstNumber }, () => work(log), preset),
    redact,
  );
}
