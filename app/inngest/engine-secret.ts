import { timingSafeEqual } from "node:crypto";

const HEADER = "x-opinion-scope-engine";

/** The header that marks the embedded engine's calls. */
export function engineSecretHeader(secret: string): Record<string, string> {
  return { [HEADER]: secret };
}

/** Whether a request comes from the embedded engine of this process. */
export function carriesEngineSecret(request: Request, secret: string): boolean {
  const given = Buffer.from(request.headers.get(HEADER) ?? "");
  const expected = Buffer.from(secret);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
