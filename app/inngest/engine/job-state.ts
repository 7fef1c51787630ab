import type { ClaimedJob, DoneStep } from "./types.ts";

/** The step is memoised already. */
export const isDone = (job: ClaimedJob, stepId: string): boolean =>
  job.stack.includes(`"${stepId}"`);

/** The job as it is once these steps are memoised too, without asking the database. */
export function withDone(job: ClaimedJob, done: DoneStep[]): ClaimedJob {
  if (done.length === 0) return job;
  const append = (members: string, more: string[]) =>
    [...(members === "" ? [] : [members]), ...more].join(",");
  return {
    ...job,
    stepCount: job.stepCount + done.length,
    stateBytes: done.reduce((sum, { memo }) => sum + Buffer.byteLength(memo), job.stateBytes),
    memos: append(
      job.memos,
      done.map(({ stepId, memo }) => `"${stepId}":${memo}`),
    ),
    stack: append(
      job.stack,
      done.map(({ stepId }) => `"${stepId}"`),
    ),
  };
}
