import type pg from "pg";
import type { Logger } from "~/lib/logger.server.ts";

/** Lines in one second, whatever happens: while the database is slow, everything is. */
const LINES_A_SECOND = 10;
/** Of the statement; the rest is cut. */
const LONGEST_TEXT = 1_000;

/** A statement as it was sent, without its parameters, and how long its answer took in milliseconds. */
type TimedQuery = { pool: string; text: string; durationMs: number };

/**
 * Calls `ended` for every statement of the pool's connections, failed ones included. On the embedded database the time holds the wait
 * for the turn.
 */
export function timeQueries(pool: pg.Pool, ended: (text: string, durationMs: number) => void) {
  pool.on("connect", (client) => {
    client.query = new Proxy(client.query, {
      apply(query, self, given: unknown[]) {
        const startedAt = performance.now();
        const end = () => ended(textOf(given[0]), performance.now() - startedAt);
        const callback = given.at(-1);
        if (typeof callback === "function") {
          const told = (...answer: unknown[]) => {
            end();
            callback(...answer);
          };
          return Reflect.apply(query, self, [...given.slice(0, -1), told]);
        }
        const answer: unknown = Reflect.apply(query, self, given);
        if (answer instanceof Promise) answer.then(end, end);
        return answer;
      },
    });
  });
}

function textOf(query: unknown): string {
  if (typeof query === "string") return query;
  const { text } = Object(query);
  return typeof text === "string" ? text : "";
}

/**
 * Logs statements that take too long: each at most once a second and no more than ten in all; the next line tells of how many there is
 * none (`unlogged`).
 * @param now milliseconds, for the second that a line falls into
 */
export function createSlowQueryLog(logger: Logger, now: () => number = () => performance.now()) {
  let second = Number.NaN;
  let logged = new Set<string>();
  let unlogged = 0;
  return ({ pool, text, durationMs }: TimedQuery): void => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      second = current;
      logged = new Set();
    }
    const query = text.replace(/\s+/g, " ").trim().slice(0, LONGEST_TEXT);
    if (logged.has(query) || logged.size === LINES_A_SECOND) {
      unlogged += 1;
      return;
    }
    logged.add(query);
    const more = unlogged > 0 ? { unlogged } : {};
    unlogged = 0;
    logger.warn({ pool, durationMs: Math.round(durationMs), query, ...more }, "slow query");
  };
}
