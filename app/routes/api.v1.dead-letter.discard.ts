import { servicesContext } from "~/context.ts";
import { discardLetters } from "~/features/dead-letters/commands.server.ts";
import { freeze } from "~/features/dead-letters/letter-filter.ts";
import { discardBody } from "~/features/dead-letters/letter-input.server.ts";
import { errorResponse, parseId, parseInput } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { readJson } from "~/lib/request-body.server.ts";
import { idempotencyKeyOf } from "~/lib/request-key.server.ts";

export const loader = apiHandler({
  POST: async ({ params, request, context }) => {
    const { db, clock } = context.get(servicesContext);
    const letter = String(parseId(params.id, "dead letter"));
    const { reason } = parseInput(discardBody, await readJson(request));
    const now = clock.now();
    const key = idempotencyKeyOf(request) ?? crypto.randomUUID();
    const discard = { reason, key, now: new Date(now) };
    const discarded = await discardLetters(db, freeze({ letter }, now), discard);
    if (discarded === 0) {
      return errorResponse(409, "The letter is not open, or a running replay has it.");
    }
    return Response.json({ data: { discardKey: discard.key } });
  },
});

export const action = loader;
