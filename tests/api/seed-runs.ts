import type { Prisma, PrismaClient } from "~/generated/prisma/client.ts";
import { ulid } from "~/inngest/engine/events/ulid.ts";

type Times = { createdAt: Date };

/** Adds a run of a function; gives its id, a ULID of its time. */
export async function seedRun(
  db: PrismaClient,
  run: Partial<Prisma.EngineRunUncheckedCreateInput> & Times,
): Promise<string> {
  const { id } = await db.engineRun.create({
    data: {
      id: ulid(run.createdAt.getTime()),
      functionId: "opinion-scope-sync-whale",
      status: "completed",
      eventName: "sync/whale.requested",
      events: '[{"name":"sync/whale.requested","data":{"whaleId":7}}]',
      startedAt: run.createdAt,
      ...run,
    },
  });
  return id;
}

/** Adds a step of a run that is done, unless `position` says that it is not. */
export async function seedStep(
  db: PrismaClient,
  step: Partial<Prisma.EngineStepUncheckedCreateInput> & { runId: string; name: string },
): Promise<void> {
  await db.engineStep.create({
    data: { stepId: `id-of-${step.name}`, op: "StepRun", position: 0, memo: null, ...step },
  });
}

/** Adds an attempt of a step; without a `stepId` of the step of that name. */
export async function seedAttempt(
  db: PrismaClient,
  attempt: Partial<Prisma.EngineAttemptUncheckedCreateInput> & {
    runId: string;
    name: string;
    startedAt: Date;
  },
): Promise<void> {
  await db.engineAttempt.create({
    data: {
      stepId: `id-of-${attempt.name}`,
      number: 0,
      status: "completed",
      endedAt: attempt.startedAt,
      ...attempt,
    },
  });
}

/** Adds what is to be done next of a run. */
export async function seedJob(
  db: PrismaClient,
  job: Partial<Prisma.EngineJobUncheckedCreateInput> & { runId: string; dueAt: Date },
): Promise<void> {
  await db.engineJob.create({
    data: { functionId: "opinion-scope-sync-whale", kind: "call", stepId: "step", ...job },
  });
}
