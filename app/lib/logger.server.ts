import { type LoggerOptions, pino, stdTimeFunctions } from "pino";

export type Logger = Pick<import("pino").Logger, "info" | "warn" | "error" | "debug"> & {
  child(bindings: Record<string, unknown>): Logger;
};

/** What `createLogger` writes to; default: standard output. */
type LogDestination = { write(line: string): void };

/**
 * Structured log on standard output, one JSON object a line. `redact` takes the secrets out of every line as it is written, wherever
 * they stand in it: message, fields, stack, causes. Credentials whose value is not known beforehand are removed under their usual names.
 */
export function createLogger(
  level: string,
  redact?: (text: string) => string,
  destination?: LogDestination,
): Logger {
  const options: LoggerOptions = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    base: null,
    redact: { paths: CREDENTIAL_PATHS, censor: "[redacted]" },
    ...(redact ? { hooks: { streamWrite: redact } } : {}),
  };
  return destination ? pino(options, destination) : pino(options);
}

const CREDENTIAL_PATHS = ["apikey", "authorization", "cookie", "password"].flatMap((name) => [
  name,
  `*.${name}`,
  `headers.${name}`,
]);
