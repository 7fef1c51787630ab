import { expect, test } from "vitest";
import { createError } from "~/reliability/errors.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import { createLogger } from "./logger.server.ts";

const KEY = 'key-"0123456789"/abc';
const TOKEN = "admin-token-0123456789";

/** The lines that a logger with these secrets wrote. */
function linesOf(work: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  const redact = createRedactor({ OPINION_API_KEY: KEY, ADMIN_TOKEN: TOKEN });
  work(createLogger("debug", redact, { write: (line) => void lines.push(line) }));
  return lines;
}

test("no secret reaches a line: message, fields, keys, headers, addresses, nested errors and their stacks", () => {
  const inner = new Error(`reply {"apikey":${JSON.stringify(KEY)}}`);
  const middle = createError("INVALID_RESPONSE", `GET /?k=${encodeURIComponent(KEY)}`, {
    cause: inner,
  });
  const outer = new Error(`Bearer ${TOKEN}`, { cause: middle });
  const lines = linesOf((logger) => {
    const child = logger.child({ url: `https://host/?token=${TOKEN}`, [TOKEN]: 1 });
    child.info({ body: JSON.stringify({ nested: JSON.stringify(KEY) }) }, `key is ${KEY}`);
    child.warn({ headers: { "x-any": KEY, basic: Buffer.from(`u:${TOKEN}`).toString("base64") } });
    child.error({ err: outer, deep: { a: { b: [{ c: `${KEY}` }] } } }, "%s failed", TOKEN);
  });
  expect(lines).toHaveLength(3);
  const text = lines.join("");
  for (const part of [KEY, JSON.stringify(KEY).slice(1, -1), encodeURIComponent(KEY), TOKEN]) {
    expect(text).not.toContain(part);
  }
  expect(text).not.toMatch(/0123456789/);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
  expect(JSON.parse(lines[2] ?? "")).toMatchObject({
    msg: "[redacted] failed",
    err: { message: expect.stringContaining("Bearer [redacted]") },
  });
});

test("credentials that nobody knows beforehand are removed under their usual names", () => {
  const [line = ""] = linesOf((logger) =>
    logger.info({
      authorization: "Bearer unknown-1",
      request: { cookie: "unknown-2" },
      headers: { apikey: "unknown-3", accept: "text/html" },
    }),
  );
  expect(line).not.toContain("unknown");
  expect(line).toContain("text/html");
});
