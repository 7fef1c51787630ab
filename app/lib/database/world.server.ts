import type pg from "pg";
import { createError } from "~/reliability/errors.ts";

/** "demo" holds simulated trades, "live" real ones. */
export type World = "demo" | "live";

/** The mark is a comment on our own schema: it travels with the database and with its dumps, and is no table to migrate. */
const MARK = "opinion-scope world: ";

/** The world a database belongs to; null when it has none yet. */
export async function readWorld(pool: pg.Pool | pg.ClientBase): Promise<World | null> {
  const { rows } = await pool.query<{ mark: string | null }>(
    "SELECT obj_description(to_regnamespace('engine'), 'pg_namespace') AS mark",
  );
  const mark = rows[0]?.mark;
  if (!mark?.startsWith(MARK)) return null;
  return mark.slice(MARK.length) === "demo" ? "demo" : "live";
}

/**
 * @param where the database in words, for the message
 * @throws {AppError} INVALID_CONFIG when the database belongs to the other world
 */
export async function refuseOtherWorld(
  pool: pg.Pool | pg.ClientBase,
  world: World,
  where: string,
): Promise<void> {
  const found = await readWorld(pool);
  if (found === null || found === world) return;
  const command = found === "demo" ? "npm run demo" : "npm start";
  throw createError(
    "INVALID_CONFIG",
    `${where} holds ${found} data and is not opened as ${world}: simulated and real trades would mix. Start it with "${command}", or choose another DATA_DIR or DATABASE_URL.`,
  );
}

/** Gives a migrated database its world for good. */
export async function markWorld(pool: pg.Pool | pg.ClientBase, world: World): Promise<void> {
  if ((await readWorld(pool)) === world) return;
  await pool.query(worldMarkSql(world));
}

/** The statement that gives a database its world. */
export function worldMarkSql(world: World): string {
  return `COMMENT ON SCHEMA "engine" IS '${MARK}${world}'`;
}
