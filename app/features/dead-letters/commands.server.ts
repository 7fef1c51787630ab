import { createHash } from "node:crypto";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import type { ErrorCode } from "~/reliability/errors.ts";

export type DeadRun = {
  /** Inngest run id of the run that failed. */
  runId: string;
  functionId: string;
  /** The event that asked for the run, as Inngest delivered it. */
  event: unknown;
  code: ErrorCode;
  message: string;
  failedAt: Date;
};

/** Keeps a run that failed for good; told twice of the same run, it keeps one letter. */
export async function recordDeadLetter(db: PrismaClient, run: DeadRun): Promise<void> {
  await db.$executeRaw`
    INSERT INTO dead_letter (run_id, function_id, event, error_code, error_message, fingerprint, failed_at)
    VALUES (${run.runId}, ${run.functionId}, ${toJsonb(run.event)}::jsonb, ${run.code}, ${run.message},
      ${fingerprint(run)}, ${run.failedAt}::timestamptz)
    ON CONFLICT (run_id) DO NOTHING`;
}

/** Equal for runs that failed for the same reason: addresses, hashes, numbers and times in the message do not count. */
function fingerprint(run: Pick<DeadRun, "functionId" | "code" | "message">): string {
  const pattern = run.message
    .replace(/0x[0-9a-f]+/gi, "0x…")
    .replace(/\b[0-9a-f]{8,}\b/gi, "…")
    .replace(/\d+/g, "#");
  return createHash("sha256")
    .update(JSON.stringify([run.functionId, run.code, pattern]))
    .digest("hex")
    .slice(0, 16);
}
