import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { ask, runServer } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

vi.setConfig({ testTimeout: 60_000 });

const servers = serversOfFile();

/** Nothing is read from the real venue: no key, and a port that nobody listens on. */
const NO_VENUE = {
  OPINION_API_URL: "http://127.0.0.1:9/openapi",
  OPINION_FRONTEND_URL: "http://127.0.0.1:9",
};

/** Starts the server, which must end with exit code 1 and one message for a person; returns the message. */
async function refusalOf(env: Record<string, string>, mode?: string): Promise<string> {
  const { code, stdout, stderr } = await runServer({ mode, env: { ...NO_VENUE, ...env } });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toMatch(/Error:|node:internal/);
  return stderr.trim();
}

test("a second start on a folder says which process holds it, and the first goes on", async () => {
  const dataDir = servers.folder();
  const first = await servers.start({ env: { ...NO_VENUE, DATA_DIR: dataDir } });
  const message = await refusalOf({ DATA_DIR: dataDir });
  expect(message).toBe(
    `The data folder ${dataDir} is in use by process ${first.pid}. Stop that process, or set DATA_DIR to another folder.`,
  );
  expect((await ask(first.url, { path: "/readyz" })).status).toBe(200);

  expect((await first.end("SIGTERM")).code).toBe(0);
  expect(await refusalOf({ DATA_DIR: dataDir }, "demo")).toMatch(
    new RegExp(`${dataDir} holds live data and is not opened as demo: .*"npm start".*DATA_DIR`),
  );
});

test("a taken port is named before anything is opened", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const { port } = holder.address() as AddressInfo;
  const dataDir = path.join(servers.folder(), "data");
  try {
    expect(await refusalOf({ DATA_DIR: dataDir, PORT: String(port) })).toBe(
      `Port ${port} of 127.0.0.1 is taken by another program: stop it, or set PORT to another number.`,
    );
  } finally {
    holder.close();
  }
  expect(existsSync(dataDir)).toBe(false);
});

test("every malformed variable is listed at once", async () => {
  const message = await refusalOf({
    DATA_DIR: servers.folder(),
    PORT: "port",
    LOG_LEVEL: "loud",
    DATABASE_URL: "mysql://127.0.0.1/x",
    ACTIVITY_RETENTION_DAYS: "-1",
    HOST: "0.0.0.0",
  });
  expect(message).toMatch(/^The environment has 5 problems:\n/);
  for (const name of [
    "PORT",
    "LOG_LEVEL",
    "DATABASE_URL",
    "ACTIVITY_RETENTION_DAYS",
    "ADMIN_TOKEN",
  ]) {
    expect(message).toContain(`\n  - ${name} must `);
  }
});

test("a Postgres server that cannot be reached is named without its password", async () => {
  const message = await refusalOf({ DATABASE_URL: "postgres://scope:hunter2@127.0.0.1:9/scope" });
  expect(message).toMatch(
    /^Postgres at scope@127\.0\.0\.1:9\/scope cannot be reached: .*DATABASE_URL/,
  );
  expect(message).not.toContain("hunter2");
});

test("an unknown mode is answered with the known ones", async () => {
  expect(await refusalOf({}, "serve")).toBe('Unknown mode "serve": use start, demo or dev.');
});

test("a host that is not this machine's is named", async () => {
  const env = { HOST: "203.0.113.1", ADMIN_TOKEN: "a-long-enough-token" };
  expect(await refusalOf({ DATA_DIR: servers.folder(), ...env })).toMatch(
    /^Cannot listen on 203\.0\.113\.1, port 0 \(EADDRNOTAVAIL\): set HOST and PORT/,
  );
});
