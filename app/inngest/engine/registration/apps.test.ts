import { expect, test } from "vitest";
import { SERVE_URL, testApp } from "../test-app.ts";

test("an app that moved to another address and back is called where it registered last", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "f", triggers: { event: "a" } }, async () => 1),
  ]);
  const called: string[] = [];
  const engine = app.another({
    transport: (request) => {
      called.push(new URL(request.url).hostname);
      return app.transport(request);
    },
  });
  await engine.register("http://z.local/api/inngest");
  await engine.register(SERVE_URL);
  called.length = 0;
  await engine.send({ name: "a" });
  await engine.drain();
  expect(called).toEqual(["engine.local"]);

  const restarted = app.another({
    transport: (request) => {
      called.push(new URL(request.url).hostname);
      return app.transport(request);
    },
  });
  await restarted.restore();
  await restarted.register(SERVE_URL);
  called.length = 0;
  await restarted.send({ name: "a" });
  await restarted.drain();
  expect(called).toEqual(["engine.local"]);
});
