import { z } from "zod";
import { servicesContext } from "~/context.ts";
import { errorResponse, parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { LIVE_TOPICS } from "~/lib/live-topics.ts";
import { guardApi } from "~/middleware/guard.server.ts";

const search = z.strictObject({
  topics: z
    .string("name at least one topic")
    .transform((names) => [...new Set(names.split(","))])
    .pipe(z.array(z.enum(LIVE_TOPICS, `knows only ${LIVE_TOPICS.join(", ")}`))),
  age: z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number of milliseconds")
    .transform(Number)
    .optional(),
});

// Proxies and the compression of this server leave the stream as it is.
const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" };

export const middleware = [guardApi];

/** What has changed, as it changes: server-sent events for the topics asked for. */
export const loader = apiHandler({
  GET: async ({ request, url, context }) => {
    const { topics, age } = parseSearch(url, search);
    if (request.method === "HEAD") return new Response(null, { headers });
    const { live } = context.get(servicesContext);
    const stream = live.open({ topics, ageMs: age, signal: request.signal });
    if (stream) return new Response(stream, { headers });
    return errorResponse(503, "Too many pages are listening, or the server stops.", {
      code: "SERVICE_UNAVAILABLE",
      headers: { "Retry-After": "5" },
    });
  },
});

export const action = loader;
