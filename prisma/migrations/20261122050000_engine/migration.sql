-- DropIndex
DROP INDEX "engine"."job_owner_idx";

-- DropIndex
DROP INDEX "engine"."job_queue_due_at_id_idx";

-- DropIndex
DROP INDEX "engine"."run_ended_at_idx";

-- AlterTable
ALTER TABLE "engine"."event" ADD COLUMN     "event" TEXT NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "engine"."job" DROP COLUMN "queue",
ADD COLUMN     "again" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "blocked_on" TEXT,
ADD COLUMN     "claimed_at" TIMESTAMPTZ(3),
ADD COLUMN     "memo" TEXT,
ADD COLUMN     "rank_at" TIMESTAMPTZ(3),
ADD COLUMN     "slot1" TEXT,
ADD COLUMN     "slot2" TEXT,
ADD COLUMN     "state" TEXT NOT NULL DEFAULT 'ready',
ADD COLUMN     "throttle_key" TEXT;

-- AlterTable
ALTER TABLE "engine"."run" ADD COLUMN     "cancel_cause" TEXT,
ADD COLUMN     "event_name" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "original_run_id" TEXT,
ADD COLUMN     "parent_run_id" TEXT,
ADD COLUMN     "parent_step_id" TEXT,
ADD COLUMN     "priority_ms" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "singleton_key" TEXT,
ADD COLUMN     "slot1" TEXT,
ADD COLUMN     "slot2" TEXT,
ADD COLUMN     "state_bytes" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "engine"."step" ADD COLUMN     "created_at" TIMESTAMPTZ(3),
ADD COLUMN     "details" TEXT,
ADD COLUMN     "ended_at" TIMESTAMPTZ(3),
ADD COLUMN     "race" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "engine"."app" (
    "url" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "functions" TEXT NOT NULL,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "app_pkey" PRIMARY KEY ("url")
);

-- CreateTable
CREATE TABLE "engine"."run_event" (
    "event_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,

    CONSTRAINT "run_event_pkey" PRIMARY KEY ("event_id","run_id")
);

-- CreateTable
CREATE TABLE "engine"."function" (
    "id" TEXT NOT NULL,
    "slot1_limit" INTEGER,
    "slot2_limit" INTEGER,
    "throttle_interval_ms" DOUBLE PRECISION,
    "throttle_burst" INTEGER,

    CONSTRAINT "function_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "engine"."rate" (
    "key" TEXT NOT NULL,
    "next_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "rate_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "engine"."gathering" (
    "function_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "run" JSONB NOT NULL,
    "size" INTEGER NOT NULL,
    "closes_at" TIMESTAMPTZ(3) NOT NULL,
    "latest_at" TIMESTAMPTZ(3),

    CONSTRAINT "gathering_pkey" PRIMARY KEY ("function_id","key")
);

-- CreateTable
CREATE TABLE "engine"."pause" (
    "id" BIGSERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "step_id" TEXT,
    "event_name" TEXT NOT NULL,
    "expression" TEXT,
    "match_path" TEXT,
    "match_value" TEXT,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "pause_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "run_event_run_id_idx" ON "engine"."run_event"("run_id");

-- CreateIndex
CREATE INDEX "rate_next_at_idx" ON "engine"."rate"("next_at");

-- CreateIndex
CREATE INDEX "gathering_closes_at_idx" ON "engine"."gathering"("closes_at");

-- CreateIndex
CREATE INDEX "pause_event_name_match_path_match_value_idx" ON "engine"."pause"("event_name", "match_path", "match_value");

-- CreateIndex
CREATE INDEX "pause_run_id_idx" ON "engine"."pause"("run_id");

-- CreateIndex
CREATE INDEX "event_name_id_idx" ON "engine"."event"("name", "id");

-- CreateIndex
CREATE INDEX "run_function_id_id_idx" ON "engine"."run"("function_id", "id");

-- CreateIndex
CREATE INDEX "run_status_id_idx" ON "engine"."run"("status", "id");

-- What is queued goes on.
UPDATE "engine"."job" SET "state" = 'waiting', "rank_at" = "due_at";
UPDATE "engine"."job" SET "state" = 'claimed', "claimed_at" = now() WHERE "owner" IS NOT NULL AND "kind" = 'call';
UPDATE "engine"."run" SET "event_name" = coalesce(substring("events" FROM '^\[\{"name":"([^"\\]*)"'), ''), "state_bytes" = octet_length("events");

-- One index per state: a claim looks at what is due, and at nothing else.
CREATE INDEX "job_ready_idx" ON "engine"."job"("rank_at", "id") WHERE "state" = 'ready';
CREATE INDEX "job_waiting_idx" ON "engine"."job"("due_at", "id") WHERE "state" = 'waiting';
CREATE INDEX "job_blocked_idx" ON "engine"."job"("blocked_on", "rank_at", "id") WHERE "state" = 'blocked';
CREATE INDEX "job_throttled_idx" ON "engine"."job"("throttle_key", "due_at") WHERE "state" = 'waiting' AND "throttle_key" IS NOT NULL;
CREATE INDEX "job_claimed_idx" ON "engine"."job"("due_at") WHERE "state" = 'claimed';

-- What has ended well ages out before what has not.
CREATE INDEX "run_completed_idx" ON "engine"."run"("ended_at") WHERE "status" = 'completed';
CREATE INDEX "run_unwell_idx" ON "engine"."run"("ended_at") WHERE "status" IN ('failed', 'cancelled');
CREATE INDEX "run_singleton_idx" ON "engine"."run"("function_id", "singleton_key") WHERE "singleton_key" IS NOT NULL AND "ended_at" IS NULL;

-- The runs that repeat one.
CREATE INDEX "run_original_run_id_idx" ON "engine"."run"("original_run_id") WHERE "original_run_id" IS NOT NULL;

-- The engine's transitions. Each call is one transaction; in a database that processes share, each waits for its turn.
-- Times come in as epoch milliseconds, structures as the JSON of app/inngest/engine/types.ts.

CREATE FUNCTION "engine"."at"(ms double precision) RETURNS timestamptz LANGUAGE sql STABLE
  RETURN timestamptz 'epoch' + ms * interval '1 millisecond';

CREATE FUNCTION "engine"."take_turn"(shared boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF shared THEN
    PERFORM pg_advisory_xact_lock(4701224991);
  END IF;
END $$;

-- Queues a call of a run; what is being executed already is asked for again afterwards.
CREATE FUNCTION "engine"."queue_call"(r engine.run, p_step text, p_attempt int, p_due timestamptz, p_now timestamptz, p_throttle text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO engine.job (run_id, function_id, kind, state, step_id, attempt, due_at, rank_at, slot1, slot2, throttle_key)
  VALUES (r.id, r.function_id, 'call', CASE WHEN p_due <= p_now THEN 'ready' ELSE 'waiting' END, p_step, p_attempt, p_due,
    p_due - r.priority_ms * interval '1 millisecond', r.slot1, r.slot2, p_throttle)
  ON CONFLICT (run_id, step_id) DO UPDATE SET again = true WHERE job.state = 'claimed';
END $$;

CREATE FUNCTION "engine"."queue_timer"(r engine.run, p_kind text, p_step text, p_due timestamptz, p_memo text DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO engine.job (run_id, function_id, kind, state, step_id, due_at, memo)
  VALUES (r.id, r.function_id, p_kind, 'waiting', p_step, p_due, p_memo) ON CONFLICT DO NOTHING;
$$;

-- Ends a run that has not ended, with all that waits for it; whoever listens is told by a job of its own. False = nothing to end.
CREATE FUNCTION "engine"."end_run"(p_run text, p_status text, p_output text, p_error text, p_now timestamptz, p_listened text[], p_cancel_cause text DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  r engine.run;
  told text[] := ARRAY['inngest/function.finished', 'inngest/function.' || p_status];
  first engine.job;
BEGIN
  UPDATE engine.run SET status = p_status, output = p_output, error = p_error, cancel_cause = p_cancel_cause, ended_at = p_now
  WHERE id = p_run AND ended_at IS NULL RETURNING * INTO r;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF r.started_at IS NULL THEN
    -- Its turn of a throttle goes to the last that waits for one.
    SELECT * INTO first FROM engine.job WHERE run_id = p_run AND step_id = 'step' AND state = 'waiting';
    UPDATE engine.job SET due_at = first.due_at WHERE id = (SELECT id FROM engine.job
      WHERE state = 'waiting' AND throttle_key = first.throttle_key AND due_at > first.due_at AND rank_at <= p_now ORDER BY due_at DESC LIMIT 1);
  END IF;
  -- A call that goes on keeps its slots until it has come back.
  DELETE FROM engine.job WHERE run_id = p_run AND NOT (state = 'claimed' AND kind = 'call' AND (slot1 IS NOT NULL OR slot2 IS NOT NULL));
  DELETE FROM engine.pause WHERE run_id = p_run;
  IF r.parent_run_id IS NOT NULL OR (r.event_name !~ '^inngest/function\.(finished|failed|cancelled)$'
    AND (told && p_listened OR EXISTS (SELECT FROM engine.pause WHERE event_name = ANY (told)))) THEN
    INSERT INTO engine.job (run_id, function_id, kind, state, step_id, due_at, rank_at)
    VALUES (r.id, r.function_id, 'announce', 'ready', 'announce', p_now, p_now);
  END IF;
  RETURN true;
END $$;

-- A pending step is done: its time has come, or what it waited for. False = it was not pending.
CREATE FUNCTION "engine"."finish_step"(p_run text, p_step text, p_memo text, p_now timestamptz, p_discover boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  r engine.run;
  raced boolean;
BEGIN
  SELECT * INTO r FROM engine.run WHERE id = p_run AND ended_at IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE engine.step SET position = r.step_count, memo = p_memo, ended_at = p_now
  WHERE run_id = p_run AND step_id = p_step AND position IS NULL RETURNING race INTO raced;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE engine.run SET step_count = step_count + 1, pending = pending - 1, state_bytes = state_bytes + octet_length(p_memo),
    plan_only = plan_only AND pending > 1
  WHERE id = p_run RETURNING * INTO r;
  DELETE FROM engine.job WHERE run_id = p_run AND step_id = p_step;
  DELETE FROM engine.pause WHERE run_id = p_run AND step_id = p_step;
  IF r.pending = 0 OR raced OR p_discover THEN
    PERFORM engine.queue_call(r, 'step', 0, p_now, p_now);
  END IF;
  RETURN true;
END $$;

-- Takes one turn of a rate (GCRA). Null = taken; otherwise the time from which on there will be one.
CREATE FUNCTION "engine"."take_rate"(p_key text, p_interval_ms double precision, p_burst int, p_now timestamptz)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  step interval := p_interval_ms * interval '1 millisecond';
  turn timestamptz;
BEGIN
  SELECT next_at INTO turn FROM engine.rate WHERE key = p_key;
  -- A rate that was slower, or a clock that was ahead, does not hold up this one.
  IF turn > p_now + (p_burst + 1) * step THEN
    turn := p_now + (p_burst + 1) * step;
    UPDATE engine.rate SET next_at = turn WHERE key = p_key;
  END IF;
  turn := greatest(turn, p_now);
  IF turn - p_burst * step > p_now THEN
    RETURN turn - p_burst * step;
  END IF;
  INSERT INTO engine.rate (key, next_at) VALUES (p_key, turn + step) ON CONFLICT (key) DO UPDATE SET next_at = excluded.next_at;
  RETURN NULL;
END $$;

-- Lets the events of a run gather with those that came before; true = they are complete, and `n` is the run that has them all.
CREATE FUNCTION "engine"."gather"(INOUT n jsonb, p_now timestamptz, OUT complete boolean) LANGUAGE plpgsql AS $$
DECLARE
  g engine.gathering;
  gather jsonb := n->'gather';
  closes timestamptz;
BEGIN
  SELECT * INTO g FROM engine.gathering WHERE function_id = n->>'functionId' AND key = gather->>'key';
  IF gather->>'kind' = 'debounce' THEN
    closes := least(p_now + (gather->>'periodMs')::float8 * interval '1 millisecond',
      coalesce(g.latest_at, p_now + (gather->>'timeoutMs')::float8 * interval '1 millisecond'));
  ELSE
    closes := coalesce(g.closes_at, p_now + (gather->>'timeoutMs')::float8 * interval '1 millisecond');
    IF g.run IS NOT NULL THEN
      n := n || jsonb_build_object('eventIds', (g.run->'eventIds') || (n->'eventIds'), 'eventName', g.run->>'eventName',
        'events', left(g.run->>'events', -1) || (',' || substr(n->>'events', 2)));
    END IF;
  END IF;
  n := n || jsonb_build_object('id', coalesce(g.run->>'id', n->>'id'));
  complete := closes <= p_now OR coalesce(coalesce(g.size, 0) + 1 >= (gather->>'maxSize')::int, false) OR octet_length(n->>'events') >= 10485760;
  IF complete THEN
    DELETE FROM engine.gathering WHERE function_id = g.function_id AND key = g.key;
  ELSE
    INSERT INTO engine.gathering (function_id, key, run, size, closes_at, latest_at)
    VALUES (n->>'functionId', gather->>'key', n, 1, closes, p_now + (gather->>'timeoutMs')::float8 * interval '1 millisecond')
    ON CONFLICT (function_id, key) DO UPDATE SET run = excluded.run, size = gathering.size + 1, closes_at = excluded.closes_at;
  END IF;
END $$;

-- Brings a run into being where its flow control allows it; gives its id, null = there is none (yet).
CREATE FUNCTION "engine"."start_run"(n jsonb, p_now timestamptz, p_listened text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r engine.run;
  active text;
  complete boolean := true;
  due timestamptz := greatest(p_now, engine.at((n->>'dueAt')::float8));
BEGIN
  IF n->>'key' IS NOT NULL AND EXISTS (SELECT FROM engine.event_key
    WHERE function_id = n->>'functionId' AND key = n->>'key' AND expires_at > p_now) THEN
    RETURN NULL;
  END IF;
  IF n->'rate'->>'key' IS NOT NULL
    AND engine.take_rate(n->'rate'->>'key', (n->'rate'->>'intervalMs')::float8, (n->'rate'->>'burst')::int, p_now) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  IF n->'gather'->>'kind' IS NOT NULL THEN
    SELECT g.n, g.complete INTO n, complete FROM engine.gather(n, p_now) g;
    IF NOT complete THEN
      RETURN NULL;
    END IF;
  END IF;
  FOR active IN SELECT id FROM engine.run WHERE function_id = n->>'functionId' AND singleton_key = n->'singleton'->>'key' AND ended_at IS NULL LOOP
    IF n->'singleton'->>'mode' = 'skip' THEN
      RETURN NULL;
    END IF;
    PERFORM engine.end_run(active, 'cancelled', NULL, NULL, p_now, p_listened, 'singleton');
  END LOOP;
  IF n->>'key' IS NOT NULL THEN
    INSERT INTO engine.event_key (function_id, key, run_id, expires_at) VALUES (n->>'functionId', n->>'key', n->>'id', p_now + interval '24 hours')
    ON CONFLICT (function_id, key) DO UPDATE SET run_id = excluded.run_id, expires_at = excluded.expires_at;
  END IF;
  INSERT INTO engine.run (id, function_id, status, event_name, events, state_bytes, priority_ms, slot1, slot2, singleton_key, finish_after_ms,
    parent_run_id, parent_step_id, original_run_id, created_at)
  VALUES (n->>'id', n->>'functionId', 'queued', n->>'eventName', n->>'events', octet_length(n->>'events'), (n->>'priorityMs')::int,
    n->'slots'->>0, n->'slots'->>1, n->'singleton'->>'key', (n->>'finishTimeoutMs')::float8::bigint,
    n->'parent'->>'runId', n->'parent'->>'stepId', n->>'originalRunId', p_now)
  RETURNING * INTO r;
  INSERT INTO engine.run_event (event_id, run_id) SELECT value, r.id FROM jsonb_array_elements_text(n->'eventIds') ON CONFLICT DO NOTHING;
  PERFORM engine.queue_call(r, 'step', 0, due, p_now, n->>'throttleKey');
  IF n->>'startTimeoutMs' IS NOT NULL THEN
    PERFORM engine.queue_timer(r, 'timeout', 'timeout:start', due + (n->>'startTimeoutMs')::float8 * interval '1 millisecond');
  END IF;
  IF jsonb_array_length(n->'cancelOn') > 0 THEN
    INSERT INTO engine.pause (run_id, event_name, expression, match_path, match_value, expires_at)
    SELECT r.id, c->>'eventName', c->>'expression', c->'match'->>'path', c->'match'->>'value', engine.at((c->>'expiresAt')::float8)
    FROM jsonb_array_elements(n->'cancelOn') c;
  END IF;
  RETURN r.id;
END $$;

-- What follows from events. Events that were accepted before (a repeated request) have no further effect.
CREATE FUNCTION "engine"."apply_routed"(p jsonb, p_now timestamptz, p_listened text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  item jsonb;
  name text;
BEGIN
  IF jsonb_array_length(p->'events') > 0 THEN
    INSERT INTO engine.event (id, name, event, received_at)
    SELECT e->>'id', e->>'name', e->>'event', p_now FROM jsonb_array_elements(p->'events') e ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RETURN;
    END IF;
  END IF;
  FOR item IN SELECT value FROM jsonb_array_elements(p->'runs') LOOP
    PERFORM engine.start_run(item, p_now, p_listened);
  END LOOP;
  FOR item IN SELECT value FROM jsonb_array_elements(p->'cancels') LOOP
    DELETE FROM engine.pause WHERE id = (item->>'pauseId')::bigint RETURNING event_name INTO name;
    IF FOUND THEN
      PERFORM engine.end_run(item->>'runId', 'cancelled', NULL, NULL, p_now, p_listened, 'event ' || name);
    END IF;
  END LOOP;
  FOR item IN SELECT value FROM jsonb_array_elements(p->'resumes') LOOP
    DELETE FROM engine.pause WHERE id = (item->>'pauseId')::bigint;
    IF FOUND OR item->>'pauseId' IS NULL THEN
      PERFORM engine.finish_step(item->>'runId', item->>'stepId', item->>'memo', p_now, false);
    END IF;
  END LOOP;
END $$;

-- A step that is to be done later or by others. False = it is known already, or is done on the spot: an invoked run that may not start.
CREATE FUNCTION "engine"."plan_step"(r engine.run, p jsonb, p_now timestamptz, p_listened text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  pause jsonb := p->'pause';
BEGIN
  INSERT INTO engine.step (run_id, step_id, op, name, details, race, created_at)
  VALUES (r.id, p->>'stepId', p->>'op', p->>'name', p->>'details', (p->>'race')::boolean, p_now) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p->>'kind' = 'call' THEN
    PERFORM engine.queue_call(r, p->>'stepId', 0, p_now, p_now);
  ELSIF p->>'until' IS NOT NULL THEN
    PERFORM engine.queue_timer(r, p->>'kind', p->>'stepId', engine.at((p->>'until')::float8), p->>'timeoutMemo');
  END IF;
  IF p->>'kind' = 'wait' THEN
    INSERT INTO engine.pause (run_id, step_id, event_name, expression, match_path, match_value, expires_at)
    VALUES (r.id, p->>'stepId', pause->>'eventName', pause->>'expression', pause->'match'->>'path', pause->'match'->>'value',
      engine.at((pause->>'expiresAt')::float8));
  ELSIF p->>'kind' = 'invoke' AND p->'run'->>'id' IS NOT NULL AND engine.start_run(p->'run', p_now, p_listened) IS NULL THEN
    UPDATE engine.step SET position = r.step_count, ended_at = p_now,
      memo = '{"error":{"name":"Error","message":"The invoked function did not start: its flow control skipped the run"}}'
    WHERE run_id = r.id AND step_id = p->>'stepId';
    DELETE FROM engine.job WHERE run_id = r.id AND step_id = p->>'stepId';
    RETURN false;
  END IF;
  RETURN true;
END $$;

-- What a job changes, while its lease is held and its run has not ended. Null = it counted for nothing; otherwise the id of the run's next
-- call where this worker kept it.
CREATE FUNCTION "engine"."apply_change"(c jsonb, p_worker text, p_now timestamptz, p_lease timestamptz, p_listened text[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  j engine.job;
  r engine.run;
  item jsonb;
  pending_before boolean;
  step_raced boolean;
  raced boolean := false;
  next_id bigint;
BEGIN
  IF (c->>'checkpoint')::boolean THEN
    SELECT * INTO j FROM engine.job WHERE id = (c->>'job')::bigint AND owner = p_worker AND claims = (c->>'claims')::int;
  ELSIF (c->>'keep')::boolean THEN
    -- Nothing else of the run is open: its next call takes the place of this one.
    UPDATE engine.job SET id = nextval('engine.job_id_seq'), due_at = p_lease, claimed_at = p_now, claims = 1, attempt = 0
    WHERE id = (c->>'job')::bigint AND owner = p_worker AND claims = (c->>'claims')::int RETURNING * INTO j;
    next_id := j.id;
  ELSE
    DELETE FROM engine.job WHERE id = (c->>'job')::bigint AND owner = p_worker AND claims = (c->>'claims')::int RETURNING * INTO j;
  END IF;
  IF j.id IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT * INTO r FROM engine.run WHERE id = j.run_id AND ended_at IS NULL;
  IF NOT FOUND AND j.kind = 'call' THEN
    DELETE FROM engine.job WHERE id = j.id AND NOT (c->>'checkpoint')::boolean;
    RETURN NULL;
  END IF;
  INSERT INTO engine.attempt (run_id, step_id, name, number, status, started_at, ended_at, error)
  SELECT j.run_id, a->>'stepId', a->>'name', (a->>'number')::int, CASE WHEN a->>'error' IS NULL THEN 'completed' ELSE 'failed' END,
    engine.at((a->>'startedAt')::float8), engine.at((a->>'endedAt')::float8), a->>'error' FROM jsonb_array_elements(c->'attempts') a;
  IF j.kind = 'announce' THEN
    IF c->'routed'->'runs' IS NOT NULL THEN
      PERFORM engine.apply_routed(c->'routed', p_now, p_listened);
    END IF;
    RETURN '{}';
  END IF;
  FOR item IN SELECT value FROM jsonb_array_elements(c->'done') LOOP
    INSERT INTO engine.step AS s (run_id, step_id, op, name, position, memo, created_at, ended_at)
    VALUES (r.id, item->>'stepId', item->>'op', item->>'name', r.step_count, item->>'memo', p_now, p_now)
    ON CONFLICT (run_id, step_id) DO UPDATE SET position = excluded.position, memo = excluded.memo, op = excluded.op, ended_at = excluded.ended_at
    WHERE s.position IS NULL RETURNING xmax <> 0, s.race INTO pending_before, step_raced;
    IF FOUND THEN
      r.step_count := r.step_count + 1;
      r.state_bytes := r.state_bytes + octet_length(item->>'memo');
      raced := raced OR step_raced;
      IF pending_before THEN
        r.pending := r.pending - 1;
      END IF;
    END IF;
  END LOOP;
  IF jsonb_array_length(c->'planned') > 0 THEN
    FOR item IN SELECT value FROM jsonb_array_elements(c->'planned') LOOP
      IF engine.plan_step(r, item, p_now, p_listened) THEN
        r.pending := r.pending + 1;
      ELSIF EXISTS (SELECT FROM engine.step WHERE run_id = r.id AND position = r.step_count) THEN
        r.step_count := r.step_count + 1;
        raced := true;
      END IF;
    END LOOP;
  END IF;
  UPDATE engine.run SET version = greatest(version, (c->>'version')::int), step_count = r.step_count, pending = r.pending, state_bytes = r.state_bytes,
    plan_only = CASE WHEN (c->>'advance')::boolean AND r.pending = 0 THEN false ELSE coalesce((c->>'planOnly')::boolean, plan_only) END
  WHERE id = r.id AND ended_at IS NULL;
  IF NOT FOUND THEN
    -- It has invoked its own function, a singleton that cancels.
    DELETE FROM engine.job WHERE run_id = r.id AND kind <> 'announce';
    DELETE FROM engine.pause WHERE run_id = r.id;
    RETURN NULL;
  END IF;
  IF c->'routed'->'runs' IS NOT NULL THEN
    PERFORM engine.apply_routed(c->'routed', p_now, p_listened);
  END IF;
  IF c->'end'->>'status' IS NOT NULL THEN
    PERFORM engine.end_run(r.id, c->'end'->>'status', c->'end'->>'output', c->'end'->>'error', p_now, p_listened);
  ELSIF c->'retry'->>'dueAt' IS NOT NULL THEN
    PERFORM engine.queue_call(r, j.step_id, (c->'retry'->>'attempt')::int, engine.at((c->'retry'->>'dueAt')::float8), p_now);
  ELSIF (c->>'checkpoint')::boolean OR (c->>'keep')::boolean THEN
    NULL;
  ELSIF j.again OR raced OR ((c->>'advance')::boolean AND r.pending = 0) THEN
    PERFORM engine.queue_call(r, 'step', 0, p_now, p_now);
  END IF;
  RETURN jsonb_build_object('next', next_id::text);
END $$;

-- Everything that one write commits: `sends` (events and what follows from them) and `changes` of finished jobs; gives one answer per change.
CREATE FUNCTION "engine"."write"(p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := engine.at((p->>'now')::float8);
  listened text[] := ARRAY(SELECT jsonb_array_elements_text(p->'listened'));
  item jsonb;
  answers jsonb := '[]';
BEGIN
  PERFORM engine.take_turn((p->>'shared')::boolean);
  FOR item IN SELECT value FROM jsonb_array_elements(p->'sends') LOOP
    PERFORM engine.apply_routed(item, now, listened);
  END LOOP;
  FOR item IN SELECT value FROM jsonb_array_elements(p->'changes') LOOP
    answers := answers || jsonb_build_array(engine.apply_change(item, p->>'worker', now, engine.at((p->>'leaseUntil')::float8), listened));
  END LOOP;
  IF p->'notify'->>'channel' IS NOT NULL THEN
    PERFORM pg_notify(p->'notify'->>'channel', p->'notify'->>'payload');
  END IF;
  RETURN answers;
END $$;

-- Jobs that have been claimed five times without a result take a slot of their own, 'suspects', with room for one: what ends every process
-- that executes it does not take the others' claims with it.
CREATE FUNCTION "engine"."held"(p_slot text) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM engine.job WHERE state = 'claimed' AND (slot1 = p_slot OR slot2 = p_slot OR (p_slot = 'suspects' AND claims > 5));
$$;

CREATE FUNCTION "engine"."slot_limit"(j engine.job, p_slot text) RETURNS int LANGUAGE sql AS $$
  SELECT CASE WHEN p_slot = 'suspects' THEN 1
    ELSE (SELECT CASE WHEN j.slot1 = p_slot THEN slot1_limit ELSE slot2_limit END FROM engine.function WHERE id = j.function_id) END;
$$;

-- What is due by the clock: leases that ran out, gatherings that close, ends of sleeps and waits, timeouts, calls whose time has come.
-- False = nothing was.
CREATE FUNCTION "engine"."pass_time"(p_now timestamptz, p_executing bigint[], p_listened text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  j engine.job;
  n jsonb;
  passed boolean := false;
BEGIN
  FOR j IN SELECT * FROM engine.job WHERE state = 'claimed' AND due_at <= p_now AND NOT id = ANY (p_executing) LIMIT 500 LOOP
    passed := true;
    IF j.kind = 'call' AND NOT EXISTS (SELECT FROM engine.run WHERE id = j.run_id AND ended_at IS NULL) THEN
      DELETE FROM engine.job WHERE id = j.id;
      CONTINUE;
    END IF;
    UPDATE engine.job SET state = 'ready', owner = NULL, due_at = p_now WHERE id = j.id;
    IF j.kind = 'call' THEN
      INSERT INTO engine.attempt (run_id, step_id, name, number, status, started_at, ended_at)
      VALUES (j.run_id, j.step_id, '', j.attempt, 'interrupted', j.claimed_at, p_now);
    END IF;
  END LOOP;
  FOR n IN DELETE FROM engine.gathering WHERE closes_at <= p_now RETURNING run LOOP
    passed := true;
    PERFORM engine.start_run(n - 'gather' - 'rate', p_now, p_listened);
  END LOOP;
  FOR j IN SELECT * FROM engine.job WHERE state = 'waiting' AND due_at <= p_now ORDER BY due_at, id LIMIT 500 LOOP
    passed := true;
    IF j.kind = 'call' THEN
      UPDATE engine.job SET state = 'ready' WHERE id = j.id;
    ELSIF j.kind = 'timeout' THEN
      DELETE FROM engine.job WHERE id = j.id;
      PERFORM engine.end_run(j.run_id, 'cancelled', NULL, NULL, p_now, p_listened, j.step_id);
    ELSE
      DELETE FROM engine.job WHERE id = j.id;
      PERFORM engine.finish_step(j.run_id, j.step_id, coalesce(j.memo, 'null'), p_now, j.kind = 'sleep');
    END IF;
  END LOOP;
  RETURN passed;
END $$;

-- Jobs that wait for a slot with room are ready again. A full slot is held by a claimed job, so there are never more of them than those.
CREATE FUNCTION "engine"."unblock"() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  j engine.job;
  slot text := '';
BEGIN
  LOOP
    SELECT * INTO j FROM engine.job WHERE state = 'blocked' AND blocked_on > slot ORDER BY blocked_on, rank_at, id LIMIT 1;
    EXIT WHEN NOT FOUND;
    slot := j.blocked_on;
    UPDATE engine.job SET state = 'ready', blocked_on = NULL WHERE id IN (SELECT id FROM engine.job WHERE state = 'blocked' AND blocked_on = slot
      ORDER BY rank_at, id LIMIT greatest(0, coalesce(engine.slot_limit(j, slot), 500) - engine.held(slot)));
  END LOOP;
END $$;

-- Whether a ready call may start; otherwise it is put aside: by a full slot until that has room, by its throttle until its turn.
CREATE FUNCTION "engine"."may_start"(j engine.job, p_now timestamptz, p_put_off int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  f engine.function;
  full_slot text;
  turn timestamptz;
BEGIN
  IF j.slot1 IS NULL AND j.slot2 IS NULL AND j.throttle_key IS NULL AND j.claims < 5 THEN
    RETURN true;
  END IF;
  SELECT * INTO f FROM engine.function WHERE id = j.function_id;
  full_slot := CASE WHEN j.claims >= 5 AND engine.held('suspects') >= 1 THEN 'suspects' WHEN engine.held(j.slot1) >= f.slot1_limit THEN j.slot1 WHEN engine.held(j.slot2) >= f.slot2_limit THEN j.slot2 END;
  IF full_slot IS NOT NULL THEN
    UPDATE engine.job SET state = 'blocked', blocked_on = full_slot WHERE id = j.id;
    RETURN false;
  END IF;
  IF j.throttle_key IS NOT NULL AND f.throttle_interval_ms IS NOT NULL THEN
    turn := engine.take_rate(j.throttle_key, f.throttle_interval_ms, f.throttle_burst, p_now);
    IF turn IS NOT NULL THEN
      UPDATE engine.job SET state = 'waiting', due_at = date_trunc('milliseconds', turn + p_put_off * f.throttle_interval_ms * interval '1 millisecond' + interval '999 microseconds') WHERE id = j.id;
      RETURN false;
    END IF;
  END IF;
  RETURN true;
END $$;

-- Claims ready jobs for a worker, with what their calls need. The last row has no id: it says when the next job will be due (null = none waits),
-- and whether there is more to look at now.
CREATE FUNCTION "engine"."claim"(p_worker text, p_now_ms double precision, p_lease_ms double precision, p_capacity int, p_shared boolean,
  p_executing bigint[], p_listened text[], p_channel text, p_payload text)
RETURNS TABLE (id text, claims int, kind text, "runId" text, "functionId" text, "stepId" text, attempt int, events text, version int, "planOnly" boolean,
  pending int, "stepCount" int, "stateBytes" int, memos text, stack text, "end" json, "nextDue" timestamptz, more boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  now timestamptz := engine.at(p_now_ms);
  j engine.job;
  r engine.run;
  taken int := 0;
  bytes bigint := 0;
  examined int := 0;
  put_off jsonb := '{}';
  passed boolean;
BEGIN
  PERFORM engine.take_turn(p_shared);
  passed := engine.pass_time(now, p_executing, p_listened);
  PERFORM engine.unblock();
  FOR j IN SELECT * FROM engine.job WHERE job.state = 'ready' ORDER BY job.rank_at, job.id LIMIT p_capacity * 4 LOOP
    EXIT WHEN taken >= p_capacity OR bytes > 16777216;
    examined := examined + 1;
    IF NOT engine.may_start(j, now, coalesce((put_off->>j.throttle_key)::int, 0)) THEN
      IF j.throttle_key IS NOT NULL THEN
        put_off := put_off || jsonb_build_object(j.throttle_key, coalesce((put_off->>j.throttle_key)::int, 0) + 1);
      END IF;
      CONTINUE;
    END IF;
    taken := taken + 1;
    UPDATE engine.job SET state = 'claimed', owner = p_worker, claims = job.claims + 1, due_at = engine.at(p_lease_ms), claimed_at = now, throttle_key = NULL
    WHERE job.id = j.id;
    SELECT * INTO r FROM engine.run WHERE run.id = j.run_id;
    bytes := bytes + r.state_bytes;
    IF r.started_at IS NULL AND j.kind = 'call' THEN
      UPDATE engine.run SET started_at = now, status = 'running' WHERE run.id = r.id;
      DELETE FROM engine.job WHERE job.run_id = r.id AND job.step_id = 'timeout:start';
      IF r.finish_after_ms IS NOT NULL THEN
        PERFORM engine.queue_timer(r, 'timeout', 'timeout:finish', now + r.finish_after_ms * interval '1 millisecond');
      END IF;
    END IF;
    RETURN QUERY SELECT j.id::text, j.claims + 1, j.kind, j.run_id, j.function_id, j.step_id, j.attempt, r.events, r.version, r.plan_only,
      r.pending, r.step_count, r.state_bytes, coalesce(s.memos, ''), coalesce(s.stack, ''),
      CASE WHEN j.kind = 'announce' THEN json_build_object('status', r.status, 'output', r.output, 'error', r.error, 'parent',
        CASE WHEN r.parent_run_id IS NOT NULL THEN json_build_object('runId', r.parent_run_id, 'stepId', r.parent_step_id) END) END,
      NULL::timestamptz, false
    FROM (SELECT string_agg('"' || step.step_id || '":' || step.memo, ',' ORDER BY step.position) AS memos,
        string_agg('"' || step.step_id || '"', ',' ORDER BY step.position) AS stack
      FROM engine.step WHERE step.run_id = r.id AND step.position IS NOT NULL AND j.kind = 'call') s;
  END LOOP;
  IF (passed OR examined > 0) AND p_channel IS NOT NULL THEN
    PERFORM pg_notify(p_channel, p_payload);
  END IF;
  RETURN QUERY SELECT NULL, NULL::int, NULL, NULL, NULL, NULL, NULL::int, NULL, NULL::int, NULL::boolean, NULL::int, NULL::int, NULL::int, NULL, NULL,
    NULL::json, least((SELECT job.due_at FROM engine.job WHERE job.state = 'waiting' ORDER BY job.due_at LIMIT 1), (SELECT min(closes_at) FROM engine.gathering)),
    taken < p_capacity AND (examined = p_capacity * 4 OR bytes > 16777216);
END $$;

-- The pauses that events may end, each once for an event's name or value: those that ask for another value are left out.
CREATE FUNCTION "engine"."pauses"(p_events text, p_now_ms double precision)
RETURNS TABLE (id text, "runId" text, "stepId" text, "eventName" text, expression text, events text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  now timestamptz := engine.at(p_now_ms);
  name text;
  path text;
BEGIN
  FOR name IN SELECT DISTINCT value->>'name' FROM json_array_elements(p_events::json)
    WHERE EXISTS (SELECT FROM engine.pause WHERE pause.event_name = value->>'name') LOOP
    RETURN QUERY SELECT p.id::text, p.run_id, p.step_id, p.event_name, p.expression, r.events
    FROM engine.pause p JOIN engine.run r ON r.id = p.run_id
    WHERE p.event_name = name AND p.match_path IS NULL AND (p.expires_at IS NULL OR p.expires_at > now) ORDER BY p.id;
    path := '';
    LOOP
      SELECT p.match_path INTO path FROM engine.pause p WHERE p.event_name = name AND p.match_path > path ORDER BY p.match_path LIMIT 1;
      EXIT WHEN NOT FOUND;
      -- Value by value: an index look-up each, whatever the planner knows of the table.
      RETURN QUERY SELECT p.id::text, p.run_id, p.step_id, p.event_name, p.expression, r.events
      FROM (SELECT DISTINCT (value #> string_to_array(path, '.'))::text AS wanted FROM json_array_elements(p_events::json) WHERE value->>'name' = name) e
      CROSS JOIN LATERAL (SELECT * FROM engine.pause WHERE pause.event_name = name AND pause.match_path = path AND pause.match_value = e.wanted OFFSET 0) p
      JOIN engine.run r ON r.id = p.run_id WHERE p.expires_at IS NULL OR p.expires_at > now ORDER BY p.id;
    END LOOP;
  END LOOP;
END $$;

-- Holds the leases of jobs a worker is executing.
CREATE FUNCTION "engine"."renew"(p_worker text, p_jobs bigint[], p_lease_ms double precision, p_shared boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM engine.take_turn(p_shared);
  UPDATE engine.job SET due_at = engine.at(p_lease_ms) WHERE id = ANY (p_jobs) AND owner = p_worker AND state = 'claimed';
END $$;

-- Ends the leases of this worker (own), or of all others: their jobs are due at once.
CREATE FUNCTION "engine"."release"(p_worker text, p_own boolean, p_now_ms double precision, p_shared boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM engine.take_turn(p_shared);
  UPDATE engine.job SET due_at = engine.at(p_now_ms), owner = '' WHERE state = 'claimed' AND (owner = p_worker) = p_own;
END $$;

-- Ends a run from outside. False = there is none that has not ended.
CREATE FUNCTION "engine"."cancel"(p_run text, p_now_ms double precision, p_shared boolean, p_listened text[], p_channel text, p_payload text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  ended boolean;
BEGIN
  PERFORM engine.take_turn(p_shared);
  ended := engine.end_run(p_run, 'cancelled', NULL, NULL, engine.at(p_now_ms), p_listened, 'asked');
  IF ended AND p_channel IS NOT NULL THEN
    PERFORM pg_notify(p_channel, p_payload);
  END IF;
  RETURN ended;
END $$;

-- Keeps an app's registration, and what claims have to know of its functions.
CREATE FUNCTION "engine"."register"(p_url text, p_app text, p_functions text, p_limits jsonb, p_now_ms double precision) RETURNS void LANGUAGE sql AS $$
  DELETE FROM engine.app WHERE app_id = p_app AND url <> p_url;
  INSERT INTO engine.app (url, app_id, functions, registered_at) VALUES (p_url, p_app, p_functions, engine.at(p_now_ms))
  ON CONFLICT (url) DO UPDATE SET app_id = excluded.app_id, functions = excluded.functions, registered_at = excluded.registered_at;
  INSERT INTO engine.function (id, slot1_limit, slot2_limit, throttle_interval_ms, throttle_burst)
  SELECT id, slot1_limit, slot2_limit, throttle_interval_ms, throttle_burst FROM jsonb_to_recordset(p_limits)
    AS l(id text, slot1_limit int, slot2_limit int, throttle_interval_ms double precision, throttle_burst int)
  ON CONFLICT (id) DO UPDATE SET slot1_limit = excluded.slot1_limit, slot2_limit = excluded.slot2_limit,
    throttle_interval_ms = excluded.throttle_interval_ms, throttle_burst = excluded.throttle_burst;
  UPDATE engine.job j SET state = 'ready' FROM engine.run r WHERE r.id = j.run_id AND j.state = 'waiting' AND j.throttle_key IS NOT NULL
    AND j.rank_at + r.priority_ms * interval '1 millisecond' <= engine.at(p_now_ms) AND j.function_id IN (SELECT id FROM jsonb_to_recordset(p_limits) AS l(id text));
$$;
