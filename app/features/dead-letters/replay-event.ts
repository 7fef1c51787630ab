import { z } from "zod";
import type { OutgoingEvent } from "~/lib/send.ts";

/** The event that asks for a job to run. */
type ReplayTarget = { name: string; schema: z.ZodObject };

/**
 * By the function's own id, the events that ask for it; the first is the one for a run that the clock started. A function that is not
 * there cannot be asked to run.
 */
export type ReplayTargets = Readonly<Record<string, readonly ReplayTarget[] | undefined>>;

export type ReplayedLetter = {
  id: number;
  functionId: string;
  idempotencyKey: string;
  correlationId: string;
  /** As Inngest delivered it. */
  event: unknown;
};

const delivered = z.object({ name: z.string(), data: z.unknown() });

/** The events of the clock, which nobody may send. */
const TIMER = "inngest/scheduled.timer";

/**
 * The event that does the work of a letter again: the same name and data, with the letter's keys, so that however often it is asked for
 * the work is done once and the letter is found. What the clock started is asked for by the job's own event.
 * @returns the event without an id, or in words why there is none
 */
export function replayEventOf(
  letter: Omit<ReplayedLetter, "id">,
  targets: ReplayTargets,
): OutgoingEvent | { refused: string } {
  const known = Object.hasOwn(targets, letter.functionId) ? targets[letter.functionId] : undefined;
  if (!known) return { refused: `No job ${letter.functionId} can be asked to run.` };
  const event = delivered.safeParse(letter.event);
  if (!event.success) return { refused: "Its event cannot be read." };
  const { name } = event.data;
  const target = name === TIMER ? known[0] : known.find((candidate) => candidate.name === name);
  if (!target) return { refused: `Its event ${name} does not start ${letter.functionId}.` };
  const given = name === TIMER ? {} : event.data.data;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { refused: `The data of its event ${name} is no object.` };
  }
  const { idempotencyKey, correlationId } = letter;
  const data = {
    ...given,
    ...("trigger" in target.schema.shape && { trigger: "replay" }),
    origin: { idempotencyKey, correlationId },
  };
  const [issue] = target.schema.safeParse(data).error?.issues ?? [];
  if (issue) {
    const field = issue.path.join(".") || "data";
    return { refused: `The data of its event ${name} is not valid: ${field}: ${issue.message}.` };
  }
  return { name: target.name, data };
}

/** `replayEventOf` with the id that makes sending it again harmless. */
export function outgoingEventOf(
  replayId: number,
  letter: ReplayedLetter,
  targets: ReplayTargets,
): OutgoingEvent | null {
  const event = replayEventOf(letter, targets);
  return "refused" in event ? null : { ...event, id: `replay-${replayId}-${letter.id}` };
}
