import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  AppError,
  errorFromHttpStatus,
  errorFromNetwork,
  errorFromPrisma,
  errorFromZod,
  redact,
  toAppError,
} from "./errors.ts";

test("every HTTP status has its code", () => {
  const codes = {
    INVALID_RESPONSE: [304, 301, 199, 600],
    INVALID_INPUT: [400, 404, 405, 410, 422, 418],
    INVALID_CREDENTIALS: [401],
    QUOTA_EXCEEDED: [402],
    UNAUTHORIZED: [403, 451],
    RATE_LIMITED: [429],
    SERVICE_UNAVAILABLE: [408, 425, 500, 502, 503, 504, 520, 599],
  };
  for (const [code, statuses] of Object.entries(codes)) {
    for (const status of statuses)
      expect(errorFromHttpStatus(status, "").code, `${status}`).toBe(code);
  }
  expect(errorFromHttpStatus(429, "", { retryAfterMs: 5 }).retryAfterMs).toBe(5);
});

test("a network error is found below fetch's own, also among several tried addresses", () => {
  const withCode = (code: string) => Object.assign(new Error(code), { code });
  const below = (cause: unknown) => new TypeError("fetch failed", { cause });
  const codes = {
    SERVICE_UNAVAILABLE: [
      "ECONNREFUSED",
      "ECONNRESET",
      "ENOTFOUND",
      "EAI_AGAIN",
      "EPIPE",
      "UND_ERR_SOCKET",
      "CERT_HAS_EXPIRED",
      "EHOSTUNREACH",
    ],
    TIMEOUT: [
      "ETIMEDOUT",
      "UND_ERR_CONNECT_TIMEOUT",
      "UND_ERR_HEADERS_TIMEOUT",
      "UND_ERR_BODY_TIMEOUT",
    ],
    INVALID_RESPONSE: [
      "HPE_INVALID_CONSTANT",
      "Z_DATA_ERROR",
      "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
      "UND_ERR_HEADERS_OVERFLOW",
    ],
    INVALID_CONFIG: ["ERR_INVALID_URL"],
  };
  for (const [code, causes] of Object.entries(codes)) {
    for (const cause of causes) {
      expect(errorFromNetwork(below(withCode(cause)))?.code, cause).toBe(code);
      const several = new AggregateError([withCode(cause), withCode(cause)]);
      expect(errorFromNetwork(below(several))?.code, cause).toBe(code);
    }
  }
  expect(errorFromNetwork(new DOMException("too long", "TimeoutError"))?.code).toBe("TIMEOUT");
  expect(errorFromNetwork(new Error("anything"))).toBeNull();
  expect(errorFromNetwork("text")).toBeNull();
});

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
}

test("what Node's fetch throws for a refused, cut or garbled connection has a code", async () => {
  const answers = ["", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort"];
  const codes: (string | undefined)[] = [];
  for (const answer of answers) {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => socket.end(answer));
    });
    const url = await listening(server);
    const error = await fetch(url)
      .then((response) => response.text())
      .catch((thrown) => thrown);
    codes.push(errorFromNetwork(error)?.code);
    server.close();
    await once(server, "close");
    if (answer !== "") continue;
    const refused = await fetch(url).catch((thrown: unknown) => thrown);
    codes.push(errorFromNetwork(refused)?.code);
  }
  expect(codes).toEqual([
    "SERVICE_UNAVAILABLE",
    "SERVICE_UNAVAILABLE",
    "INVALID_RESPONSE",
    "SERVICE_UNAVAILABLE",
  ]);
});

test("database errors by Prisma's code or, in raw queries, by the driver's", () => {
  const prisma = (fields: object) =>
    Object.assign(
      new Error("Invalid `prisma.x()` invocation"),
      { name: "PrismaClientKnownRequestError" },
      fields,
    );
  const raw = (originalCode: string) =>
    prisma({
      code: "P2010",
      meta: { driverAdapterError: { cause: { kind: "postgres", originalCode } } },
    });
  for (const [error, code, retryable] of [
    [prisma({ code: "P2024" }), "SERVICE_UNAVAILABLE", true],
    [prisma({ code: "P1001" }), "SERVICE_UNAVAILABLE", true],
    [prisma({ errorCode: "P1001" }), "SERVICE_UNAVAILABLE", true],
    [prisma({ code: "P2034" }), "SERVICE_UNAVAILABLE", true],
    [prisma({ code: "P2028" }), "TIMEOUT", true],
    [prisma({ code: "P1000" }), "INVALID_CONFIG", false],
    [prisma({ code: "P2021" }), "INVALID_CONFIG", false],
    [prisma({ code: "P2002" }), "EXECUTION_FAILED", false],
    [prisma({ code: "P2025" }), "EXECUTION_FAILED", false],
    [raw("40P01"), "SERVICE_UNAVAILABLE", true],
    [raw("57P01"), "SERVICE_UNAVAILABLE", true],
    [raw("57014"), "TIMEOUT", true],
    [raw("23505"), "EXECUTION_FAILED", false],
    [raw("22003"), "EXECUTION_FAILED", false],
  ] as const) {
    expect(errorFromPrisma(error)).toMatchObject({ code, retryable, cause: error });
  }
  expect(errorFromPrisma(prisma({ code: "P2002" }))?.userMessage).toBe(
    "The row exists already (P2002).",
  );
  expect(errorFromPrisma(Object.assign(new Error("x"), { code: "P2002" }))).toBeNull();
});

test("any error gets a code once: its own, that of its source, or UNEXPECTED_ERROR with the original as cause", () => {
  const own = new AppError("INVALID_INPUT", "no");
  expect(toAppError(own)).toBe(own);
  expect(toAppError(Object.assign(new Error("x"), { code: "ECONNREFUSED" })).code).toBe(
    "SERVICE_UNAVAILABLE",
  );
  const defect = new RangeError("boom");
  expect(toAppError(defect)).toMatchObject({
    code: "UNEXPECTED_ERROR",
    message: "boom",
    cause: defect,
  });
  expect(toAppError("boom")).toMatchObject({ code: "UNEXPECTED_ERROR", message: "boom" });
});

test("a failed schema is told by path", () => {
  const { error } = z
    .object({ a: z.object({ b: z.int("must be whole") }) })
    .safeParse({ a: { b: 1.5 } });
  if (!error) throw new Error("parsed");
  expect(errorFromZod(error, "INVALID_INPUT", "The event")).toMatchObject({
    code: "INVALID_INPUT",
    message: "The event is not valid: a.b: must be whole",
  });
});

test("secrets are removed from text, plain and inside a URL; blank ones change nothing", () => {
  expect(redact("key a+b/c in ?k=a%2Bb%2Fc", ["a+b/c", "", undefined])).toBe(
    "key [redacted] in ?k=[redacted]",
  );
  expect(redact("abcdef", ["abc", "abcdef"])).toBe("[redacted]");
});
