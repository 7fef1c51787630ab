import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  createError,
  errorFromHttpStatus,
  errorFromNetwork,
  errorFromPrisma,
  errorFromZod,
  toAppError,
} from "./errors.ts";

test("every HTTP status has its code", () => {
  const codes = {
    INVALID_RESPONSE: [304, 301, 199, 600],
    INVALID_INPUT: [400, 404, 405, 410, 422, 418],
    INVALID_CONFIG: [407],
    INVALID_CREDENTIALS: [401],
    QUOTA_EXCEEDED: [402],
    UNAUTHORIZED: [403, 451],
    RATE_LIMITED: [429],
    SERVICE_UNAVAILABLE: [408, 421, 425, 500, 502, 503, 504, 520, 599],
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
      "ENOTFOUND",
      "EAI_AGAIN",
      "EAI_FAIL",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "EHOSTDOWN",
      "ENETDOWN",
      "ECONNRESET",
      "ECONNABORTED",
      "EPIPE",
      "UND_ERR_SOCKET",
      "UND_ERR_CLOSED",
      "UND_ERR_DESTROYED",
      "UND_ERR_ABORTED",
      "CERT_HAS_EXPIRED",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "EPROTO",
    ],
    TIMEOUT: [
      "ETIMEDOUT",
      "ESOCKETTIMEDOUT",
      "UND_ERR_CONNECT_TIMEOUT",
      "UND_ERR_HEADERS_TIMEOUT",
      "UND_ERR_BODY_TIMEOUT",
    ],
    INVALID_RESPONSE: [
      "HPE_INVALID_CONSTANT",
      "Z_DATA_ERROR",
      "ERR__BROTLI_DECODER_ERROR_FORMAT_1",
      "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
      "UND_ERR_REQ_RETRY",
      "UND_ERR_HEADERS_OVERFLOW",
    ],
    INVALID_CONFIG: ["ERR_INVALID_URL", "ERR_INVALID_CHAR", "ERR_INVALID_PROTOCOL"],
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

const prisma = (fields: object) =>
  Object.assign(
    new Error("\nInvalid `db.x()` invocation in\n/srv/app/x.ts:1:1\n\nUnknown argument `nope`."),
    { name: "PrismaClientKnownRequestError" },
    fields,
  );
const byDriver = (code: string, originalCode: string) =>
  prisma({ code, meta: { driverAdapterError: { cause: { kind: "postgres", originalCode } } } });

test("database errors by Prisma's code, the socket's, or the SQLSTATE that the driver reported", () => {
  const codes = {
    TIMEOUT: ["P1008", "P2028", "57014"],
    SERVICE_UNAVAILABLE: [
      ...["P1001", "P1002", "P1017", "P1018", "P2024", "P2037"],
      ...["08006", "53300", "57P01", "57P03"],
      ...["ENOENT", "EPIPE", "ECONNRESET", "ECONNREFUSED"],
      ...["P2034", "40001", "40P01", "55P03"],
    ],
    INVALID_CONFIG: [
      ...["P1000", "P1003", "P1009", "P1010", "P1011", "28P01", "28000", "3D000"],
      ...["P2021", "P2022", "42P01", "42703"],
    ],
    EXECUTION_FAILED: [
      ...["P2002", "23505", "P2001", "P2025"],
      ...["P2003", "P2010", "P2039", "22003", "23503", "XX000"],
    ],
  };
  for (const [code, sources] of Object.entries(codes)) {
    for (const source of sources) {
      const isSqlState = /^[0-9X]/.test(source) || source === "3D000";
      const errors = isSqlState
        ? [byDriver("P2010", source), byDriver("P2039", source)]
        : [prisma({ code: source }), prisma({ errorCode: source })];
      const retryable = code === "TIMEOUT" || code === "SERVICE_UNAVAILABLE";
      for (const error of errors) {
        expect(errorFromPrisma(error), source).toMatchObject({ code, retryable, cause: error });
      }
    }
  }
  expect(errorFromPrisma(prisma({ code: "P2002" }))?.userMessage).toBe(
    "The row exists already (P2002).",
  );
  expect(errorFromPrisma(Object.assign(new Error("x"), { code: "P2002" }))).toBeNull();
});

test("a query that is a defect keeps its message, and people read what is wrong with it, not where its code lies", () => {
  const error = prisma({ name: "PrismaClientValidationError" });
  expect(toAppError(error)).toMatchObject({
    code: "UNEXPECTED_ERROR",
    message: error.message,
    userMessage: "Unknown argument `nope`.",
    cause: error,
  });
});

test("any error gets a code once: its own, that of its source, or UNEXPECTED_ERROR with the original as cause", () => {
  const own = createError("INVALID_INPUT", "no");
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

test("what the other side says can be stored, also with characters that Postgres refuses", () => {
  const error = createError("INVALID_RESPONSE", "a\0b", { userMessage: "c \ud800" });
  expect(error).toMatchObject({ message: "a\ufffdb", userMessage: "c \ufffd" });
  expect(toAppError(new Error("x\0")).message).toBe("x\ufffd");
});
