import { servicesContext } from "~/context.ts";
import { lastAttempts } from "~/features/dead-letters/attempts.server.ts";
import { getLetter } from "~/features/dead-letters/queries.server.ts";
import { notFound, parseId } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

export const loader = apiHandler({
  GET: async ({ params, context }) => {
    const { db } = context.get(servicesContext);
    const letter = await getLetter(db, parseId(params.id, "dead letter"));
    if (!letter) throw notFound("dead letter");
    const { replay, beforeIds, ...rest } = letter;
    const { attempts } = await lastAttempts(db, letter.runId);
    return Response.json({ data: { ...rest, beforeIds: beforeIds.map(String), attempts } });
  },
});

export const action = loader;
