import type { Prisma, PrismaClient } from "~/generated/prisma/client.ts";
import { MOST_LETTERS } from "./letter-limits.ts";

const BATCH = 500;

const COLUMNS = {
  id: true,
  functionId: true,
  idempotencyKey: true,
  correlationId: true,
  event: true,
  stream: true,
  failedAt: true,
} as const;

export type ScannedLetter = Prisma.DeadLetterGetPayload<{ select: typeof COLUMNS }>;

/** Letters with their events, oldest first, in batches of 500; the first 10,000 of them. */
export async function* scanLetters(
  db: PrismaClient,
  where: Prisma.DeadLetterWhereInput,
): AsyncGenerator<ScannedLetter[]> {
  let last: ScannedLetter | undefined;
  for (let scanned = 0; scanned < MOST_LETTERS; scanned += BATCH) {
    const letters: ScannedLetter[] = await db.deadLetter.findMany({
      where: { AND: [where, ...(last ? [after(last)] : [])] },
      orderBy: [{ failedAt: "asc" }, { id: "asc" }],
      take: BATCH,
      select: COLUMNS,
    });
    if (letters.length > 0) yield letters;
    if (letters.length < BATCH) return;
    last = letters.at(-1);
  }
}

function after({ failedAt, id }: ScannedLetter): Prisma.DeadLetterWhereInput {
  return {
    failedAt: { gte: failedAt },
    OR: [{ failedAt: { gt: failedAt } }, { id: { gt: id } }],
  };
}
