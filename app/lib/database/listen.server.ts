import pg from "pg";
import type { Logger } from "~/lib/logger.server.ts";

export type NotificationListener = {
  /** Called with the payload of each notification. */
  notified(payload: string): void;
  /** Notifications may have been missed. */
  interrupted(): void;
};

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** A connection that a network drops in silence is noticed by a query that gets no answer. */
const PROBE_EVERY_MS = 30_000;
const PROBE_TIMEOUT_MS = 10_000;

/**
 * Listens on a channel of a Postgres server with a connection of its own, which is replaced when it is lost.
 * @returns ends it
 */
export function listenOnServer(
  connection: pg.PoolConfig,
  channel: string,
  listener: NotificationListener,
  logger: Logger,
): () => Promise<void> {
  const stopping = new AbortController();
  const done = (async () => {
    let attempt = 0;
    while (!stopping.signal.aborted) {
      try {
        await listenOnce(connection, channel, stopping.signal, {
          ...listener,
          // Also the first time: whatever was read before it began is not known to be up to date.
          interrupted: () => {
            attempt = 0;
            listener.interrupted();
          },
        });
      } catch (error) {
        logger.warn({ error: String(error) }, "listening to the database was interrupted");
      }
      await pause(waitBefore(attempt++), stopping.signal);
    }
  })();
  return async () => {
    stopping.abort();
    await done;
  };
}

/** Until the connection is lost (rejects) or the signal comes (resolves). */
async function listenOnce(
  connection: pg.PoolConfig,
  channel: string,
  signal: AbortSignal,
  listener: NotificationListener,
): Promise<void> {
  const client = new pg.Client({ ...connection, query_timeout: PROBE_TIMEOUT_MS });
  client.on("notification", ({ payload }) => listener.notified(payload ?? ""));
  const lost = new Promise<never>((_, reject) => {
    client.on("error", reject);
    client.on("end", () => reject(new Error("The connection was ended.")));
  });
  // Its end after the last probe is nobody's business.
  lost.catch(() => {});
  try {
    await client.connect();
    await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    listener.interrupted();
    while (!signal.aborted) {
      await Promise.race([pause(PROBE_EVERY_MS, signal), lost]);
      if (!signal.aborted) await client.query("SELECT 1");
    }
  } finally {
    await Promise.race([client.end().catch(() => {}), pause(PROBE_TIMEOUT_MS)]);
  }
}

/** Full jitter would let a first retry come at once; half of the wait is kept. */
function waitBefore(attempt: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return longest / 2 + (Math.random() * longest) / 2;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done);
  });
}
