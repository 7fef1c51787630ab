import type pg from "pg";

const LIMITS = { lookEveryMs: 5_000, largestWalBytes: 64 * 1024 * 1024 };
const LONGEST_PAUSE_MS = 5 * 60_000;

/**
 * Writes a checkpoint after 64 MB of write-ahead log, or five minutes after a write: the embedded Postgres has no process of its own
 * for that, so its log would grow for ever and an opening after a crash would take as long as replaying all of it.
 * @param pool goes through the same queue as everybody, so it never falls into somebody's transaction
 * @returns ends it
 */
export function startCheckpoints(
  pool: pg.Pool,
  onError: (error: unknown) => void,
  limits = LIMITS,
): () => void {
  let last: { position: string; at: number } | undefined;
  let running = false;
  const look = async () => {
    const { rows } = await pool.query<{ position: string; written: string }>(
      `SELECT pg_current_wal_insert_lsn()::text AS position,
              pg_wal_lsn_diff(pg_current_wal_insert_lsn(), COALESCE($1::pg_lsn, '0/0'))::text AS written`,
      [last?.position ?? null],
    );
    const seen = rows[0];
    if (!seen) return;
    const written = Number(seen.written);
    const due = last && written > 0 && Date.now() - last.at >= LONGEST_PAUSE_MS;
    if (last && written < limits.largestWalBytes && !due) return;
    if (last) await pool.query("CHECKPOINT");
    last = { position: await walPosition(pool), at: Date.now() };
  };
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    look()
      .catch(onError)
      .finally(() => {
        running = false;
      });
  }, limits.lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Where the log ends now; a checkpoint itself writes a little, which must not count as a reason for the next one. */
async function walPosition(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ position: string }>(
    "SELECT pg_current_wal_insert_lsn()::text AS position",
  );
  return rows[0]?.position ?? "0/0";
}
