import { errorResponse, fieldsOf } from "./api-errors.ts";

/** Largest accepted body, in bytes, where a page does not need more. */
const BODY_LIMIT = 64 * 1024;

/**
 * The JSON a request carries.
 * @throws {Response} 415 for another content type, 413 above 64 KB, 400 for what is not JSON
 */
export async function readJson(request: Request): Promise<unknown> {
  requireType(request, "application/json");
  const text = await readText(request, BODY_LIMIT);
  try {
    return JSON.parse(text);
  } catch {
    throw errorResponse(400, "The body is not valid JSON.");
  }
}

/**
 * The fields of a submitted page form.
 * @param limit largest accepted body, in bytes
 * @throws {Response} 415 for another content type, 413 above the limit, 400 for a field that stands twice
 */
export async function readForm(
  request: Request,
  limit = BODY_LIMIT,
): Promise<Record<string, string>> {
  requireType(request, "application/x-www-form-urlencoded");
  return fieldsOf(new URLSearchParams(await readText(request, limit)));
}

function requireType(request: Request, expected: string): void {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== expected) throw errorResponse(415, `The Content-Type must be ${expected}.`);
}

async function readText(request: Request, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = Number(request.headers.get("content-length") ?? 0);
  if (size > limit) throw tooLarge(limit);
  size = 0;
  // Read by hand: a loop over the stream would cancel it when left early, and with it the connection the answer is to go out on.
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(part.value);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw errorResponse(400, "The body is not valid UTF-8.");
  }
}

function tooLarge(limit: number): Response {
  return errorResponse(413, `The body is larger than ${limit / 1024} KB.`);
}
