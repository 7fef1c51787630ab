import { servicesContext } from "~/context.ts";
import { requestBackfill } from "~/features/whales/backfill.server.ts";
import { planBackfill } from "~/features/whales/backfill-plan.server.ts";
import { backfillInput } from "~/features/whales/backfill-range.ts";
import { errorResponse, notFound, parseId, parseInput } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { readJson } from "~/lib/request-body.server.ts";
import { idempotencyKeyOf } from "~/lib/request-key.server.ts";

export const loader = apiHandler({
  POST: async ({ request, params, context }) => {
    const services = context.get(servicesContext);
    const whaleId = parseId(params.id, "whale");
    const input = backfillInput(services.clock.now());
    const range = parseInput(input, await readJson(request));
    const requestKey = idempotencyKeyOf(request) ?? crypto.randomUUID();
    const plan = await planBackfill(services, whaleId, range);
    if (!plan) throw notFound("whale");
    if (plan.refusal !== null) throw errorResponse(409, plan.refusal);
    const eventId = await requestBackfill(services.send, { whaleId, range, requestKey });
    return Response.json({ data: { eventId } }, { status: 202 });
  },
});

export const action = loader;
