import type pg from "pg";

/** Postgres's own thresholds (autovacuum_vacuum_threshold and _scale_factor, autovacuum_analyze_…): rows changed, and share of the table. */
const WORTH_IT = { rows: 50, deadShare: 0.2, changedShare: 0.1 };
const LOOK_EVERY_MS = 20_000;

/**
 * Frees the space of deleted and replaced rows and keeps the planner's statistics true, table by table as they change: the embedded
 * Postgres has no process of its own for that, so its tables would grow for ever and its plans would be made for empty ones.
 * @returns ends it
 */
export function startAutovacuum(
  pool: pg.Pool,
  onError: (error: unknown) => void,
  lookEveryMs = LOOK_EVERY_MS,
): () => void {
  let running = false;
  let stopped = false;
  const look = async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT format('%I.%I', s.schemaname, s.relname) AS name
       FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
       WHERE s.n_dead_tup > $1 + $2 * greatest(c.reltuples, 0)
          OR s.n_mod_since_analyze > $1 + $3 * greatest(c.reltuples, 0)`,
      [WORTH_IT.rows, WORTH_IT.deadShare, WORTH_IT.changedShare],
    );
    for (const { name } of rows) {
      if (stopped) return;
      await pool.query(`VACUUM (ANALYZE) ${name}`);
    }
  };
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    look()
      .catch((error: unknown) => {
        if (!stopped) onError(error);
      })
      .finally(() => {
        running = false;
      });
  }, lookEveryMs);
  timer.unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
