import type { PrismaClient } from "~/generated/prisma/client.ts";
import { getActivity } from "./activity.server.ts";
import type { Activity } from "./activity.ts";
import { listPositions, type WhalePositions } from "./positions.server.ts";

/** Positions shown at first, and at most. */
const FIRST_ROWS = 15;
const MOST_ROWS = 200;

export type WhaleOverview = { activity: Activity; positions: WhalePositions };

/** What a whale does and holds, as its page shows it above the trades. */
export async function getOverview(
  db: PrismaClient,
  whaleId: number,
  wanted: { days: number; open: boolean; allRows: boolean; now: Date },
): Promise<WhaleOverview> {
  const [activity, positions] = await Promise.all([
    getActivity(db, whaleId, wanted),
    listPositions(db, whaleId, {
      open: wanted.open,
      limit: wanted.allRows ? MOST_ROWS : FIRST_ROWS,
    }),
  ]);
  return { activity, positions };
}
