import { pino, stdTimeFunctions } from "pino";

export type Logger = Pick<import("pino").Logger, "info" | "warn" | "error" | "debug"> & {
  child(bindings: Record<string, unknown>): Logger;
};

/**
 * Structured log on standard output, one JSON object a line. Credentials are removed wherever they stand under their usual names.
 */
export function createLogger(level: string): Logger {
  return pino({
    level,
    timestamp: stdTimeFunctions.isoTime,
    base: null,
    redact: {
      paths: [
        "apikey",
        "*.apikey",
        "headers.apikey",
        "authorization",
        "*.authorization",
        "headers.cookie",
        "*.OPINION_API_KEY",
        "*.ADMIN_TOKEN",
      ],
      censor: "[redacted]",
    },
  });
}
