import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEnv } from "~/lib/env.server.ts";
import { createRedactor, redactValue, type SecretVariables } from "./redaction.ts";

const SECRETS = {
  OPINION_API_KEY: "op/key+0123456789==",
  ADMIN_TOKEN: "admin-token-0123456789",
  INNGEST_EVENT_KEY: "event-key-0123456789",
  INNGEST_SIGNING_KEY: "signkey-prod-0123456789abcdef",
  WEBHOOK_SECRET: 'whsec "quoted" \\ 0123456789',
} satisfies SecretVariables;
const redactor = createRedactor({
  ...SECRETS,
  DATABASE_URL: "postgresql://scope:p%40ss-w0rd-77@db.example:5432/scope?sslmode=require",
  WEBHOOK_URL:
    "https://hooker:hook-passw0rd@hooks.example/services/T0/BZZZZZZZZZZZZZZZZZ?token=query-token-1",
});

test("every secret of the environment is removed, however it is written", () => {
  for (const secret of [
    ...Object.values(SECRETS),
    "p@ss-w0rd-77",
    "hook-passw0rd",
    "query-token-1",
    "BZZZZZZZZZZZZZZZZZ",
  ]) {
    for (const written of [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      JSON.stringify({ body: JSON.stringify({ secret }) }),
    ]) {
      const clean = redactor(`before ${written} after`);
      expect(clean, written).toMatch(/^before .*\[redacted\].* after$/);
      expect(clean).not.toContain(secret);
    }
  }
  expect(redactor("postgresql://scope:p%40ss-w0rd-77@db.example:5432/scope")).toBe(
    "postgresql://scope:[redacted]@db.example:5432/scope",
  );
});

test("what is no secret stays: hosts, users, databases and short everyday words", () => {
  const text = "scope@db.example:5432/scope sslmode=require hooks.example/services/T0";
  expect(redactor(text)).toBe(text);
  const everyday = createRedactor({ DATABASE_URL: "postgres://postgres:postgres@localhost/app" });
  expect(everyday("connect to postgres://postgres:postgres@localhost/app as postgres")).toBe(
    "connect to postgres://postgres:[redacted]@localhost/app as postgres",
  );
});

test("a secret inside base64 is found, whatever stands before and after it", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (before, after) => {
      const secret = SECRETS.ADMIN_TOKEN;
      const bytes = Buffer.from(before + secret + after);
      for (const encoding of ["base64", "base64url"] as const) {
        const clean = redactor(`Basic ${bytes.toString(encoding)}`);
        expect(clean).toContain("[redacted]");
        expect(Buffer.from(clean.slice(6), encoding).includes(secret.slice(2, -2))).toBe(false);
      }
    }),
  );
});

test("an environment without secrets changes nothing; one that was parsed fits as it is", () => {
  const text = "nothing to hide: a+b";
  expect(createRedactor({})(text)).toBe(text);
  expect(createRedactor(parseEnv({}, "live"))(text)).toBe(text);
  const env = parseEnv({ OPINION_API_KEY: "nothing" }, "live");
  expect(createRedactor(env)(text)).toBe("[redacted] to hide: a+b");
});

test("one secret may be part of another, and a blank one changes nothing", () => {
  const nested = createRedactor({
    ADMIN_TOKEN: "abc",
    WEBHOOK_SECRET: "abcdef",
    OPINION_API_KEY: " ",
  });
  expect(nested("abcdef, abc and ab c")).toBe("[redacted], [redacted] and ab c");
});

test("inside a value every text and key is redacted, and numbers stay", () => {
  const digits = createRedactor({ OPINION_API_KEY: "123456" });
  expect(redactValue({ a: ["x123456", 123456, null], "123456": { b: true } }, digits)).toEqual({
    a: ["x[redacted]", 123456, null],
    "[redacted]": { b: true },
  });
});
