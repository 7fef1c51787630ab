/** One part of the seed: a statement over [$1, $2] = each stretch of 1..`count`, `batch` at a time. */
type SeedStep = { name: string; sql: string; count: number; batch: number };

export const RUNTIME_SEED = { letters: 20_000, groups: 40, notifications: 5_000, fanOut: 2_000 };

const FAILED = `(ARRAY['SERVICE_UNAVAILABLE','TIMEOUT','RATE_LIMITED','INVALID_RESPONSE','EXECUTION_FAILED'])`;
const FUNCTIONS = `(ARRAY['sync-whale','sync-whale','sync-whale','sync-markets','compute-whale-stats'])`;

/** Removes what these steps write. */
export const EMPTY_RUNTIME = `TRUNCATE run, run_attempt, dead_letter, dead_letter_group, replay, notification, condition RESTART IDENTITY CASCADE;
  DELETE FROM sync_part WHERE key !~ '^[0-9]+$'`;

/**
 * What the runtime keeps of 100,000 syncs: their runs, 1,000,000 attempts, dead letters, notifications. The newest sync of markets has
 * made 2,000 requests in 200 steps, the newest of whales has read 2,000 wallets.
 * @param syncs how many syncs there are, numbered from 1
 */
export function runtimeSteps(syncs: number): SeedStep[] {
  const { letters, groups, notifications, fanOut } = RUNTIME_SEED;
  const once = (name: string, sql: string): SeedStep => ({ name, sql, count: 1, batch: 1 });
  return [
    { name: "runs of syncs", sql: RUNS, count: syncs, batch: 20_000 },
    once("steps of walks", WALK_PARTS),
    once("steps of the fan-out", FAN_OUT_PARTS.replaceAll("$FAN_OUT", String(fanOut))),
    { name: "runs of wallets", sql: WALLET_RUNS, count: 1_000, batch: 200 },
    { name: "attempts of walks", sql: WALK_ATTEMPTS, count: 6_000, batch: 200 },
    { name: "attempts of wallets", sql: WALLET_ATTEMPTS, count: 1_000, batch: 100 },
    { name: "attempts at opening and closing", sql: OWN_ATTEMPTS, count: 60_000, batch: 10_000 },
    once("groups of dead letters", GROUPS.replaceAll("$GROUPS", String(groups))),
    once("replays", REPLAYS),
    {
      name: "dead letters",
      sql: LETTERS.replaceAll("$GROUPS", String(groups)),
      count: letters,
      batch: 5_000,
    },
    { name: "attempts of dead letters", sql: LETTER_ATTEMPTS, count: letters, batch: 5_000 },
    { name: "notifications", sql: NOTIFICATIONS, count: notifications, batch: 5_000 },
    once("conditions", CONDITIONS),
  ];
}

const RUNS = `
  INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, ended_at, expires_at, result, error_code, error_message)
  SELECT CASE l.type WHEN 'markets' THEN 'sync-markets' WHEN 'stats' THEN 'compute-whale-stats' ELSE 'sync-whales' END, 'key-' || l.id,
    l.correlation_id, l.run_id, (CASE WHEN l.status = 'failed' THEN 'failed' ELSE 'completed' END)::action_status, l.started_at,
    l.finished_at, l.deadline_at, CASE WHEN l.status <> 'failed' THEN '{"created": 3}'::jsonb END, l.error_code, l.error_message
  FROM sync_log l WHERE l.id BETWEEN $1::int AND $2::int ORDER BY l.id`;

// The newest walk has 200 steps, the 999 before it have 8.
const WALK_PARTS = `
  INSERT INTO sync_part (sync_log_id, key, status, started_at, requests, pages, fetched, created, finished_at)
  SELECT l.id, s.key, 'completed', l.started_at + i * interval '700 milliseconds', 10, 10, 200, i % 3, l.started_at + (i + 1) * interval '700 milliseconds'
  FROM (SELECT id, started_at, row_number() OVER (ORDER BY id DESC) AS place FROM sync_log WHERE type = 'markets' ORDER BY id DESC LIMIT 1000) l,
    LATERAL generate_series(0, CASE WHEN l.place = 1 THEN 199 ELSE 7 END) i,
    LATERAL (SELECT CASE WHEN i < 50 THEN 'opinion-walk-' || i ELSE 'opinion-prices-' || i - 50 END AS key) s
  WHERE $1::int = $2::int`;

const FAN_OUT_PARTS = `
  WITH newest AS (SELECT id, started_at FROM sync_log WHERE type = 'whales' AND $1::int = $2::int ORDER BY id DESC LIMIT 1), parts AS (
    INSERT INTO sync_part (sync_log_id, key, status, started_at, requests, pages, fetched, created, finished_at)
    SELECT id, w, 'completed', started_at + w * interval '60 milliseconds', 2, 2, 40, w % 3, started_at + w * interval '60 milliseconds' + interval '2 seconds'
    FROM newest, generate_series(1, $FAN_OUT) w ON CONFLICT DO NOTHING)
  UPDATE sync_log l SET parts_total = $FAN_OUT, parts_done = $FAN_OUT, requests = 2 * $FAN_OUT, status = 'completed', error_code = NULL, error_message = NULL,
    finished_at = l.started_at + interval '125 seconds'
  FROM newest WHERE l.id = newest.id`;

/** The whale syncs by age, 1 = newest, of which $1 to $2. */
const WHALE_SYNCS = `(SELECT * FROM (SELECT id, correlation_id, started_at, row_number() OVER (ORDER BY id DESC) AS place FROM sync_log
  WHERE type = 'whales' ORDER BY id DESC LIMIT $2::int) n WHERE place >= $1::int)`;

const WALLET_RUNS = `
  INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, subject, status, started_at, ended_at, expires_at, result)
  SELECT 'sync-whale', l.correlation_id || '-' || p.key, l.correlation_id, l.correlation_id || '-' || p.key, p.key, 'completed', p.started_at,
    p.finished_at, p.started_at + interval '20 minutes', '{"created": 0}'
  FROM ${WHALE_SYNCS} l JOIN sync_part p ON p.sync_log_id = l.id ORDER BY l.id, p.started_at`;

// Of each step its ten requests, of which one in a hundred took two tries, then the step itself.
const WALK_ATTEMPTS = `
  INSERT INTO run_attempt (run_id, step, request, number, started_at, duration_ms, status, code, message, data)
  SELECT r.id, s.key, CASE WHEN q < 10 THEN 'GET /openapi/' || (CASE WHEN i < 50 THEN 'market?page=' ELSE 'token/latest-price?token_id=' END) || i * 10 + q END, 1,
    l.started_at + i * interval '700 milliseconds' + q % 10 * interval '60 milliseconds', CASE WHEN q < 10 THEN 40 + (i * 7 + q) % 50 ELSE 690 END,
    (CASE WHEN bad THEN 'retryable' ELSE 'success' END)::attempt_status, CASE WHEN bad THEN 'SERVICE_UNAVAILABLE' END,
    CASE WHEN bad THEN 'The venue answered 503.' END,
    CASE WHEN q < 10 THEN jsonb_build_object('status', CASE WHEN bad THEN 503 ELSE 200 END, 'waitMs', i % 60, 'bytes', 8000 + i * q) END
  FROM (SELECT * FROM (SELECT run_id, started_at, row_number() OVER (ORDER BY id DESC) AS place FROM sync_log WHERE type = 'markets' ORDER BY id DESC LIMIT $2::int) n
      WHERE place >= $1::int) l,
    LATERAL (SELECT id FROM run WHERE inngest_run_id = l.run_id LIMIT 1) r, LATERAL generate_series(0, CASE WHEN l.place = 1 THEN 199 ELSE 7 END) i, generate_series(0, 10) q,
    LATERAL (SELECT CASE WHEN i < 50 THEN 'opinion-walk-' || i ELSE 'opinion-prices-' || i - 50 END AS key, q < 10 AND (i * 10 + q + r.id) % 100 = 0 AS bad) s
  ORDER BY r.id, i, q`;

const WALLET_ATTEMPTS = `
  INSERT INTO run_attempt (run_id, step, request, number, started_at, duration_ms, status, data)
  SELECT r.id, 'read-0', CASE WHEN q < 2 THEN 'GET /openapi/trade/user?page=' || q + 1 END, 1, r.started_at + q % 2 * interval '80 milliseconds',
    CASE WHEN q < 2 THEN 60 ELSE 150 END, 'success', CASE WHEN q < 2 THEN '{"status": 200, "waitMs": 12, "bytes": 4096}'::jsonb END
  FROM ${WHALE_SYNCS} l JOIN run r ON r.correlation_id = l.correlation_id AND r.subject IS NOT NULL, generate_series(0, 2) q ORDER BY r.id, q`;

const OWN_ATTEMPTS = `
  INSERT INTO run_attempt (run_id, step, number, started_at, duration_ms, status)
  SELECT r.id, s.step, 1, CASE WHEN s.step = 'open' THEN r.started_at ELSE r.ended_at END, 3, 'success'
  FROM run r, (VALUES ('open'), ('close')) AS s(step)
  WHERE r.id BETWEEN 40000 + $1::int AND 40000 + $2::int AND r.subject IS NULL ORDER BY r.id, s.step DESC`;

const GROUPS = `
  INSERT INTO dead_letter_group (fingerprint, code, message, first_seen_at, last_seen_at)
  SELECT 'fingerprint-' || g, ${FAILED}[1 + g % 5], 'Failure ' || g || ' of its kind: the venue answered 50' || g % 10, now() - interval '80 days' + g * interval '1 minute',
    now() - ($GROUPS - g) * interval '5 minutes'
  FROM generate_series(0, $GROUPS - 1) g WHERE $1::int = $2::int`;

const REPLAYS = `
  INSERT INTO replay (name, filter, request_key, per_minute, total, status, created_at, finished_at)
  SELECT 'Replay ' || n, '{"status": "open"}', 'request-' || n, 60, 300, 'completed', now() - n * interval '4 days', now() - n * interval '4 days' + interval '5 minutes'
  FROM generate_series(1, 20) n WHERE $1::int = $2::int`;

// Of ten letters six are open, three replayed, one discarded. A third of the groups have most of the letters.
const LETTERS = `
  WITH letters AS (
    SELECT n, (CASE WHEN n % 10 < 6 THEN 'open' WHEN n % 10 < 9 THEN 'replayed' ELSE 'discarded' END)::dead_letter_status AS status,
      CASE WHEN n % 3 = 0 THEN n % $GROUPS ELSE n % 13 END AS g, now() - n * interval '345 seconds' AS at
    FROM generate_series($1::int, $2::int) n
  ), runs AS (
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, ended_at, expires_at, error_code, error_message)
    SELECT ${FUNCTIONS}[1 + g % 5], 'letter-' || n, 'failed-' || n, 'failed-' || n, 'failed', at - interval '90 seconds', at, at + interval '20 minutes', ${FAILED}[1 + g % 5],
      'Failure ' || g || ' of its kind' FROM letters)
  INSERT INTO dead_letter (run_id, function_id, idempotency_key, correlation_id, event, stream, error_code, error_message, fingerprint, status, failed_at, replay_id,
    requested_at, replay_run_id, resolved_at, discard_reason, discard_key)
  SELECT 'failed-' || n, ${FUNCTIONS}[1 + g % 5], 'letter-' || n, 'failed-' || n,
    jsonb_build_object('id', 'letter-' || n, 'name', 'sync/whale.requested', 'ts', 0, 'data', jsonb_build_object('whaleId', 1 + n % 2000, 'syncLogId', n)),
    'opinion 0x' || md5(n::text), ${FAILED}[1 + g % 5], 'Failure ' || g || ' of its kind: the venue answered 50' || g % 10, 'fingerprint-' || g, status, at,
    CASE WHEN status = 'replayed' THEN 1 + n % 20 END, CASE WHEN status = 'replayed' THEN at + interval '1 hour' END,
    CASE WHEN status = 'replayed' THEN 'replay-run-' || n END, CASE WHEN status <> 'open' THEN at + interval '61 minutes' END,
    CASE WHEN status = 'discarded' THEN 'The wallet is gone' END, CASE WHEN status = 'discarded' THEN 'discard-' || n / 100 END
  FROM letters ORDER BY n DESC`;

const LETTER_ATTEMPTS = `
  INSERT INTO run_attempt (run_id, step, request, number, started_at, duration_ms, status, code, message, data)
  SELECT r.id, 'read-0', CASE WHEN q < 2 THEN 'GET /openapi/trade/user?page=1' END, 1 + q % 2, r.started_at + q * interval '20 seconds', 900,
    (CASE WHEN q < 2 THEN 'retryable' ELSE 'fatal' END)::attempt_status, r.error_code, r.error_message, CASE WHEN q < 2 THEN '{"status": 503, "waitMs": 4, "bytes": 120}'::jsonb END
  FROM generate_series($1::int, $2::int) n JOIN run r ON r.inngest_run_id = 'failed-' || n, generate_series(0, 2) q ORDER BY n, q`;

// An incident and its recovery in turn; the newest incident is open.
const NOTIFICATIONS = `
  INSERT INTO notification (kind, severity, scope, title, body, link, created_at, read_at, resolved_at, incident_id)
  SELECT (CASE WHEN n % 2 = 1 THEN 'incident' ELSE 'recovery' END)::notification_kind,
    (CASE WHEN n % 2 = 0 THEN 'success' WHEN n % 3 = 0 THEN 'warning' ELSE 'error' END)::severity, CASE WHEN n % 7 < 3 THEN 'app' ELSE 'opinion' END,
    CASE WHEN n % 2 = 1 THEN 'Markets: two runs in a row failed' ELSE 'Markets are read again' END, 'The venue answered 503. Nothing is lost: it is read again.',
    '/syncs', k.at, CASE WHEN $2::int - n > 40 THEN k.at + interval '1 hour' END,
    CASE WHEN n % 2 = 1 AND n < $2::int - 1 THEN k.at + interval '10 minutes' END, CASE WHEN n % 2 = 0 AND n < $2::int THEN n - 1 END
  FROM generate_series($1::int, $2::int) n, LATERAL (SELECT now() - ($2::int - n) * interval '26 minutes' AS at) k ORDER BY n`;

const CONDITIONS = `
  INSERT INTO condition (key, scope, severity, text, raised_at, incident_id)
  SELECT c.key, i.scope, 'error', c.text, i.created_at, i.id
  FROM (SELECT * FROM notification WHERE kind = 'incident' AND resolved_at IS NULL AND $1::int = $2::int ORDER BY id DESC LIMIT 1) i,
    (VALUES ('job-failing:markets', 'Markets: the last two runs failed.'), ('data-old:markets', 'Markets are 40 minutes old.')) AS c(key, text)`;
