import { InvalidEventError } from "./events.ts";

type Intake = {
  send: (body: unknown, seed: string | null) => Promise<{ ids: string[] }>;
  functionIds: () => string[];
};

/**
 * The part of the Inngest server's HTTP interface that the SDK uses, as a `fetch`: `POST /e/:key` takes events (the key is not looked at:
 * only this process can call it), `GET /dev` answers the SDK's probe for a server. Anything else is a 404 in JSON.
 */
export function createFetch(intake: Intake): typeof fetch {
  const refuse = (status: number, error: string) => Response.json({ status, error }, { status });

  async function takeEvents(request: Request): Promise<Response> {
    let body: unknown;
    try {
      body = await request.json();
    } catch {
      return refuse(400, "the body is not JSON");
    }
    try {
      const { ids } = await intake.send(body, request.headers.get("x-inngest-event-id-seed"));
      return Response.json({ ids, status: 200 });
    } catch (error) {
      if (error instanceof InvalidEventError) return refuse(400, error.message);
      return refuse(503, error instanceof Error ? error.message : String(error));
    }
  }

  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && /^\/e\/[^/]+$/.test(pathname)) return takeEvents(request);
    if (request.method === "GET" && pathname === "/dev") {
      return Response.json({ functions: intake.functionIds().map((id) => ({ id })) });
    }
    return refuse(404, `the embedded engine has no ${request.method} ${pathname}`);
  };
}
