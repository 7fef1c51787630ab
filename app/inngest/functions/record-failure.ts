import { z } from "zod";
import { recordDeadLetter } from "~/features/dead-letters/commands.server.ts";
import { failSync } from "~/features/syncs/sync-log.server.ts";
import { NO_COUNTS, reportPart } from "~/features/syncs/sync-parts.server.ts";
import { recordReadFailure } from "~/features/trades/streams.server.ts";
import { noteRefusal } from "~/features/whales/credential-gate.server.ts";
import type { ErrorCode } from "~/reliability/errors.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { asStep, failureOf } from "../step-errors.ts";
import { syncWhaleRequested } from "../types.ts";

const failedEvent = z.object({
  function_id: z.string(),
  run_id: z.string(),
  error: z.unknown().optional(),
  event: z.unknown().optional(),
});

const wantedWhale = z.object({
  name: z.literal(syncWhaleRequested.name),
  data: z.object({ syncLogId: z.number(), whaleId: z.number() }),
});

type Failure = { code: ErrorCode; message: string };

/** Whatever failed for good is kept as a dead letter, and the sync it belonged to is closed or told. */
export const recordFailure = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "record-failure",
      name: "Record a failure",
      triggers: [{ event: "inngest/function.failed" }],
      retries: 10,
      concurrency: 5,
      timeouts: { finish: "2h" },
    },
    async ({ event, step, deps }) => {
      const failed = failedEvent.parse(event.data);
      const failure = failureOf(failed.error);
      await step.run("keep", () =>
        asStep(() =>
          recordDeadLetter(deps.db, {
            runId: failed.run_id,
            functionId: failed.function_id,
            event: failed.event,
            ...failure,
            failedAt: new Date(event.ts ?? deps.clock.now()),
          }),
        ),
      );
      // A step each: one that is tried again must not count the failure twice.
      const part = await step.run("count-failure", () =>
        asStep(() => countFailure(deps, failed.event, failure)),
      );
      await step.run("close-sync", () =>
        asStep(async () => {
          const now = new Date(deps.clock.now());
          await failSync(deps.db, failed.run_id, failure, now);
          if (part) await reportPart(deps.db, { ...part, counts: NO_COUNTS, failure, now });
        }),
      );
      return failure;
    },
  );

/** The wallet that could not be read, as a part of its sync; null where the run was about something else. */
async function countFailure(deps: JobDeps, event: unknown, failure: Failure) {
  const wanted = wantedWhale.safeParse(event);
  if (!wanted.success) return null;
  const { syncLogId, whaleId } = wanted.data.data;
  const now = new Date(deps.clock.now());
  const whale = await deps.db.whale.findUnique({ where: { id: whaleId } });
  if (whale) {
    await noteRefusal(deps.db, whale.venue, failure, now);
    const stream = { venue: whale.venue, wallet: whale.address };
    await recordReadFailure(deps.db, stream, failure, now);
  }
  return { syncLogId, key: String(whaleId) };
}
