import type { PrismaClient } from "~/generated/prisma/client.ts";
import { holdRun, releaseRun } from "~/reliability/idempotency.server.ts";

/**
 * Runs a function again with the event of one of its runs, also where that run has done its work: a person wants it done again.
 * @param id Inngest run id
 * @returns the id of the run that does it; null where the engine does not run it, or there is no such run
 */
export async function rerun(
  { db, engine }: { db: PrismaClient; engine: { rerun(id: string): Promise<string | null> } },
  id: string,
): Promise<string | null> {
  await releaseRun(db, id);
  const again = await engine.rerun(id);
  if (again === null) await holdRun(db, id);
  return again;
}
