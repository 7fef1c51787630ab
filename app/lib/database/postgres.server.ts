import pg from "pg";
import { AppError, createError } from "~/reliability/errors.ts";

const OLDEST_MAJOR = 15;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * How to reach a Postgres server, with sessions in UTC: Prisma sends and reads times without a zone, a session in another one would
 * shift them.
 * @param settings further session settings, such as `{ statement_timeout: 60_000 }`
 */
export function postgresConnection(
  databaseUrl: string,
  settings: Record<string, string | number> = {},
): pg.PoolConfig {
  const url = new URL(databaseUrl);
  const given = url.searchParams.get("options");
  // Options of the URL would replace ours instead of joining them.
  url.searchParams.delete("options");
  const ours = Object.entries({ ...settings, TimeZone: "UTC" }).map(
    ([name, value]) => `-c ${name}=${value}`,
  );
  return {
    connectionString: url.href,
    options: [given, ...ours].filter(Boolean).join(" "),
    application_name: "opinion-scope",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
}

/**
 * Makes sure that a Postgres server answers, lets us in and is recent enough.
 * @throws {AppError} SERVICE_UNAVAILABLE when it cannot be reached, INVALID_CONFIG when it refuses or is too old; never with the password
 */
export async function checkPostgres(databaseUrl: string): Promise<void> {
  const client = new pg.Client(postgresConnection(databaseUrl));
  client.on("error", () => {});
  try {
    await client.connect();
    const result = await client.query<{ number: string; version: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version",
    );
    refuseOldServer(databaseUrl, result.rows[0]);
  } catch (error) {
    throw error instanceof AppError ? error : connectionError(databaseUrl, error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** @throws {AppError} INVALID_CONFIG when a server is older than what the SQL of this project needs */
export function refuseOldServer(
  databaseUrl: string,
  server: { number: string; version: string } | undefined,
): void {
  const major = Math.floor(Number(server?.number) / 10_000);
  if (major >= OLDEST_MAJOR) return;
  throw createError(
    "INVALID_CONFIG",
    `The Postgres server at ${describeUrl(databaseUrl)} is version ${server?.version}; Opinion Scope needs ${OLDEST_MAJOR} or newer. Upgrade it, or unset DATABASE_URL to use the embedded database.`,
  );
}

function connectionError(databaseUrl: string, error: unknown): AppError {
  const { code } = error as { code?: string };
  const where = describeUrl(databaseUrl);
  const reason = reasonOf(error);
  // SQLSTATE class 28: authorisation; 3D000: no such database.
  const refused = code?.startsWith("28") || code === "3D000";
  return createError(
    refused ? "INVALID_CONFIG" : "SERVICE_UNAVAILABLE",
    refused
      ? `Postgres at ${where} refuses the connection: ${reason}. Correct DATABASE_URL, or unset it to use the embedded database.`
      : `Postgres at ${where} cannot be reached: ${reason}. Start it or correct DATABASE_URL, or unset it to use the embedded database.`,
    { cause: error },
  );
}

/** Several addresses of one host give an AggregateError with an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) {
    return error.errors.map(reasonOf).join("; ");
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\.$/, "");
}

function describeUrl(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  return `${url.username ? `${url.username}@` : ""}${url.host || "the default host"}${url.pathname}`;
}
