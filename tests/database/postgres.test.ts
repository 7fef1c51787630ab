import net from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresConnection, refuseOldServer } from "~/lib/database/postgres.server.ts";
import { open, temporaryFolder } from "./data-folder.ts";

const server = net.createServer((socket) => socket.destroy());
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as net.AddressInfo).port;
});

afterAll(() => server.close());

test("a server that cannot be reached is named, without the password", async () => {
  const databaseUrl = `postgres://scope:s3cret@127.0.0.1:${port}/scope`;
  const attempt = open(temporaryFolder(), { databaseUrl });
  await expect(attempt).rejects.toMatchObject({
    code: "SERVICE_UNAVAILABLE",
    message: expect.stringMatching(/scope@127\.0\.0\.1:\d+\/scope cannot be reached/),
  });
  await expect(attempt).rejects.not.toThrow(/s3cret/);
});

test("a server older than 15 is refused, 15 is not", () => {
  const url = "postgres://scope:s3cret@db.example/scope";
  const old = { number: "140012", version: "14.12" };
  expect(() => refuseOldServer(url, old)).toThrow(/db\.example\/scope is version 14\.12; .* 15/);
  expect(() => refuseOldServer(url, old)).not.toThrow(/s3cret/);
  expect(() => refuseOldServer(url, { number: "150000", version: "15.0" })).not.toThrow();
});

test("options of the URL are kept beside the session's UTC", () => {
  const url = "postgres://scope@db/scope?options=-c%20search_path%3Dpublic&sslmode=require";
  const connection = postgresConnection(url, { statement_timeout: 1_000 });
  expect(connection.options).toBe(
    "-c search_path=public -c statement_timeout=1000 -c TimeZone=UTC",
  );
  expect(connection.connectionString).toBe("postgres://scope@db/scope?sslmode=require");
});
