import { readFileSync } from "node:fs";
import { parseEnv as parseDotenv } from "node:util";
import { describe, expect, test } from "vitest";
import { EnvironmentError, parseEnv } from "./env.server.ts";

function problemsOf(source: Record<string, string>): string[] {
  try {
    parseEnv(source, "live");
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

describe("the environment", () => {
  test("needs nothing: every variable has a default that works on a laptop", () => {
    expect(parseEnv({}, "live")).toMatchObject({
      PORT: 3000,
      HOST: "127.0.0.1",
      loopback: true,
      DATA_DIR: ".data/live",
      externalInngest: false,
      ACTIVITY_RETENTION_DAYS: 90,
    });
    expect(parseEnv({}, "demo").DATA_DIR).toBe(".data/demo");
  });

  test("lists every problem at once, with the variable's name and what to do", () => {
    const problems = problemsOf({
      PORT: "99999",
      HOST: "0.0.0.0",
      DATABASE_URL: "mysql://x",
      OPINION_API_URL: "openapi.opinion.trade",
      ACTIVITY_RETENTION_DAYS: "-1",
      LOG_LEVEL: "loud",
      VENUES: "kalshi",
      ADMIN_TOKEN: "short",
    });
    const named = problems.map((problem) => problem.split(" ")[0]).sort();
    expect(named).toEqual([
      "ACTIVITY_RETENTION_DAYS",
      "ADMIN_TOKEN",
      "DATABASE_URL",
      "LOG_LEVEL",
      "OPINION_API_URL",
      "PORT",
      "VENUES",
    ]);
    expect(problemsOf({ HOST: "0.0.0.0", PORT: "x" })).toEqual([
      expect.stringContaining("PORT must be a port number"),
      expect.stringContaining("ADMIN_TOKEN must be set"),
    ]);
  });

  test("takes a blank variable for unset", () => {
    const blank = { PORT: "", OPINION_API_KEY: "  ", DATABASE_URL: "" };
    expect(parseEnv(blank, "live")).toEqual(parseEnv({}, "live"));
  });

  test("the demo ignores venue addresses and keys, even malformed ones", () => {
    const env = parseEnv({ OPINION_API_URL: "nonsense", OPINION_API_KEY: "real-key" }, "demo");
    expect(env.OPINION_API_KEY).toBeUndefined();
  });

  test("an Inngest server is used when any of its variables says so", () => {
    expect(parseEnv({ INNGEST_DEV: "1" }, "live").externalInngest).toBe(true);
    expect(parseEnv({ INNGEST_DEV: "0" }, "live").externalInngest).toBe(false);
    expect(parseEnv({ INNGEST_BASE_URL: "http://x:8288" }, "live").externalInngest).toBe(true);
  });

  test(".env.example names every variable, no other, and its values are the defaults", () => {
    const example = parseDotenv(readFileSync(".env.example", "utf8")) as Record<string, string>;
    const source = readFileSync("app/lib/env.server.ts", "utf8");
    const declared = [...source.matchAll(/^ {2}([A-Z_]+): /gm)].map((match) => match[1]);
    expect(Object.keys(example).sort()).toEqual(declared.sort());
    expect(parseEnv(example, "live")).toEqual(parseEnv({}, "live"));
  });

  test("a webhook needs a secret of its own, and keeps its address as it is", () => {
    const url = "https://hooks.example.org/a/?room=1";
    const secret = "secret-of-a-receiver";
    expect(parseEnv({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret }, "demo")).toMatchObject({
      WEBHOOK_URL: url,
      WEBHOOK_SECRET: secret,
    });
    expect(problemsOf({ WEBHOOK_URL: url })).toEqual([
      expect.stringMatching(/^WEBHOOK_SECRET must be set with WEBHOOK_URL/),
    ]);
    expect(problemsOf({ WEBHOOK_URL: "ftp://x", WEBHOOK_SECRET: "short" })).toEqual([
      expect.stringContaining("WEBHOOK_URL must be a URL"),
      expect.stringContaining("WEBHOOK_SECRET must have at least 16 characters"),
    ]);
    expect(parseEnv({ WEBHOOK_URL: " ", WEBHOOK_SECRET: "" }, "live").WEBHOOK_URL).toBeUndefined();
  });
});
