import { z } from "zod";
import { type Circumstances, decideOps } from "./decide.ts";
import { messageOf } from "./http/invalid-input.ts";
import { isDone, withDone } from "./job-state.ts";
import { opsSchema } from "./op.ts";
import type { Change, ClaimedJob } from "./types.ts";
import type { Writer } from "./writer.ts";

/** The answer to a checkpoint, by HTTP status; `error` is absent where it was taken. */
type CheckpointAnswer = { status: number; error?: string };

/** A call being executed, with the steps that it has had saved so far. */
type OpenCall = {
  /**
   * Waits for checkpoints that are being saved and takes no more. `over`: the call's reply counts for nothing any more; `end` is the change
   * where a checkpoint itself ended the run.
   */
  close(): Promise<{ job: ClaimedJob; over: boolean; end: Change | null }>;
};

type Call = {
  job: ClaimedJob;
  requestId: string;
  circumstances: () => Circumstances;
  over: boolean;
  end: Change | null;
  /** Settles when the last checkpoint that came is answered; never rejects. */
  last: Promise<unknown>;
};

const bodySchema = z.object({ request_id: z.string().nullish(), steps: opsSchema });

/** What the SDK saves while a call goes on. Failed steps, and what is only planned, come in the reply. */
const SAVED = new Set(["StepRun", "StepFailed"]);
/** Sent with those; the engine has no part for them, and says so by failing the run. */
const UNSUPPORTED = new Set(["DeferAdd", "DeferAbort"]);

const STALE: CheckpointAnswer = {
  status: 409,
  error:
    "the call is no longer this one's to answer: its run has ended or another call took its place",
};

/**
 * The steps that the SDK saves while a call is being executed (`POST /v1/checkpoint/:runId/async`), committed one after the other before
 * each answer. `writer` commits; what is saved is kept with the call, so that its reply is judged by it.
 */
export function createCheckpoints({ writer }: { writer: Pick<Writer, "apply"> }) {
  const calls = new Map<string, Call>();

  async function save(call: Call, steps: z.infer<typeof opsSchema>): Promise<CheckpointAnswer> {
    if (call.over) return STALE;
    const fresh = steps.filter((op) => !isDone(call.job, op.id));
    if (fresh.length === 0) return { status: 200 };
    const change = decideOps(call.job, fresh, call.circumstances());
    const { counted } = await writer.apply({ ...change, checkpoint: !change.end }, false);
    call.job = withDone(call.job, change.done);
    call.over = !counted || change.end !== null;
    call.end = counted && change.end ? change : null;
    return call.over ? STALE : { status: 200 };
  }

  return {
    /**
     * From now on checkpoints of this discovery call are taken. `circumstances` is asked at each of them; `requestId` is what the request
     * names itself by. One call of a run at a time.
     */
    open(job: ClaimedJob, requestId: string, circumstances: () => Circumstances): OpenCall {
      const call: Call = {
        job,
        requestId,
        circumstances,
        over: false,
        end: null,
        last: Promise.resolve(),
      };
      calls.set(job.runId, call);
      return {
        async close() {
          if (calls.get(job.runId) === call) calls.delete(job.runId);
          await call.last;
          return { job: call.job, over: call.over, end: call.end };
        },
      };
    },

    /**
     * Saves the steps of a checkpoint. 200: they are durable, now or since an earlier request with the same steps. 409: the call has lost its
     * run, and the SDK stops it. Anything else has the SDK try again and then report the steps in its reply: 400 for what is not a checkpoint,
     * 404 where no such call is being executed here, 503 where the database does not take it.
     */
    async post(runId: string, body: unknown): Promise<CheckpointAnswer> {
      const parsed = bodySchema.safeParse(body);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return {
          status: 400,
          error: `the body is not a checkpoint: ${issue?.path.join(".")}: ${issue?.message}`,
        };
      }
      const { request_id, steps } = parsed.data;
      const other = steps.find(({ op }) => !SAVED.has(op) && !UNSUPPORTED.has(op));
      if (other) {
        return {
          status: 400,
          error: `"${other.op}" is not taken in a checkpoint, only in a reply`,
        };
      }
      const call = calls.get(runId);
      if (!call) return { status: 404, error: `no call of run ${runId} is being executed here` };
      if (request_id && request_id !== call.requestId) return STALE;
      const answer = call.last.then(() => save(call, steps));
      // The failure is the sender's answer below; the next in line only waits for the end of this one.
      call.last = answer.catch(() => null);
      return answer.catch((error) => ({
        status: 503,
        error: `the steps could not be saved: ${messageOf(error)}`,
      }));
    },
  };
}

export type Checkpoints = ReturnType<typeof createCheckpoints>;
