import { servicesContext } from "~/context.ts";
import { readFigures } from "~/features/operations/figures.server.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { guardOperations } from "~/middleware/guard.server.ts";

export const middleware = [guardOperations];

/** What the process has done and what is measured now, for Prometheus. */
export const loader = apiHandler({
  GET: async ({ context }) => {
    const { db, logger, clock, metrics, queue, live, pools, venues } = context.get(servicesContext);
    const figures = await readFigures({
      db,
      logger,
      queue,
      pacers: venues.map(({ id, pacer }) => ({ venue: id, pacer })),
      pools: pools(),
      liveClients: live.clients(),
      now: clock.now(),
    });
    return new Response(await metrics.render(figures), {
      headers: { "Content-Type": metrics.contentType, "Cache-Control": "no-store" },
    });
  },
});

export const action = loader;
