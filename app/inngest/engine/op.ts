import { createHash } from "node:crypto";
import { z } from "zod";
import { storable } from "./events/storable.ts";

/**
 * What the SDK reports of a step, in a reply or in a checkpoint. The ids are put into the texts of calls as they are, so only what a hash
 * can look like is taken for one; other keys (checkpoints carry the SDK's internals) are dropped.
 */
const opSchema = z.object({
  id: z.string().regex(/^[\w.:-]{1,200}$/),
  op: z.string(),
  name: z.unknown().optional(),
  displayName: z.unknown().optional(),
  opts: z.record(z.string(), z.unknown()).nullish(),
  data: z.unknown().optional(),
  error: z.unknown().optional(),
  /** When its code began, and how long it took: nanoseconds by the app's clock. */
  timing: z.object({ a: z.number(), b: z.number() }).nullish().catch(null),
});

export type Op = z.infer<typeof opSchema>;

export const opsSchema = z.array(opSchema);

/** The id under which the SDK reports the end of the function itself among its steps. */
export const RUN_COMPLETE_ID = createHash("sha1").update("complete").digest("hex");

/** The name of a step for people: its id in the function's code unless it has a name of its own. */
export function stepName(op: Op): string {
  const name = [op.displayName, op.name, op.id].find((text) => typeof text === "string");
  return storable(String(name));
}

/** A step with the time at which its code ran, in epoch milliseconds of the engine's clock. */
export type TimedOp = { op: Op; startedAt: number; endedAt: number };

/**
 * When the code of these steps ran. The app's clock may be another one, so only distances are taken from it: the last step ended `now`,
 * none began before `startedAt`. A step that does not say when it ran has all of that time.
 */
export function timed(ops: Op[], startedAt: number, now: number): TimedOp[] {
  const endOf = ({ timing }: Op) =>
    timing ? (timing.a + timing.b) / 1e6 : Number.NEGATIVE_INFINITY;
  const shift =
    now - ops.reduce((latest, op) => Math.max(latest, endOf(op)), Number.NEGATIVE_INFINITY);
  const within = (time: number) => Math.min(Math.max(Math.round(time), startedAt), now);
  return ops.map((op) =>
    op.timing
      ? { op, startedAt: within(op.timing.a / 1e6 + shift), endedAt: within(endOf(op) + shift) }
      : { op, startedAt, endedAt: now },
  );
}
