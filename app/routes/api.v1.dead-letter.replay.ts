import { servicesContext } from "~/context.ts";
import { freeze } from "~/features/dead-letters/letter-filter.ts";
import { replayBody } from "~/features/dead-letters/letter-input.server.ts";
import { startReplay } from "~/features/dead-letters/replay.server.ts";
import { RATES } from "~/features/dead-letters/replay-pace.ts";
import { JOB_EVENTS } from "~/inngest/job-events.ts";
import { parseId, parseInput } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { readJson } from "~/lib/request-body.server.ts";
import { idempotencyKeyOf } from "~/lib/request-key.server.ts";

export const loader = apiHandler({
  POST: async ({ params, request, context }) => {
    const services = context.get(servicesContext);
    const letter = String(parseId(params.id, "dead letter"));
    const { name = `Letter ${letter}` } = parseInput(replayBody, await readJson(request));
    const now = services.clock.now();
    const replayId = await startReplay(
      services,
      {
        name,
        filter: freeze({ letter }, now),
        perMinute: RATES.usual,
        requestKey: idempotencyKeyOf(request) ?? crypto.randomUUID(),
      },
      { targets: JOB_EVENTS, now: new Date(now) },
    );
    return Response.json({ data: { replayId: String(replayId) } }, { status: 202 });
  },
});

export const action = loader;
