-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "engine";

-- CreateEnum
CREATE TYPE "market_kind" AS ENUM ('binary', 'categorical');

-- CreateEnum
CREATE TYPE "market_status" AS ENUM ('unknown', 'created', 'activated', 'resolving', 'resolved', 'failed', 'deleted');

-- CreateEnum
CREATE TYPE "whale_source" AS ENUM ('leaderboard', 'holder', 'manual', 'imported');

-- CreateEnum
CREATE TYPE "stats_window" AS ENUM ('h24', 'd7', 'd30', 'all');

-- CreateEnum
CREATE TYPE "sync_type" AS ENUM ('markets', 'whales', 'discovery', 'stats', 'cleanup');

-- CreateEnum
CREATE TYPE "sync_trigger" AS ENUM ('cron', 'manual', 'start', 'replay');

-- CreateEnum
CREATE TYPE "sync_status" AS ENUM ('running', 'completed', 'incomplete', 'failed', 'skipped');

-- CreateEnum
CREATE TYPE "quarantine_status" AS ENUM ('open', 'healed');

-- CreateEnum
CREATE TYPE "dead_letter_status" AS ENUM ('open', 'replayed', 'discarded');

-- CreateTable
CREATE TABLE "engine"."event" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "engine"."event_key" (
    "function_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_key_pkey" PRIMARY KEY ("function_id","key")
);

-- CreateTable
CREATE TABLE "engine"."run" (
    "id" TEXT NOT NULL,
    "function_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "events" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT -1,
    "plan_only" BOOLEAN NOT NULL DEFAULT false,
    "pending" INTEGER NOT NULL DEFAULT 0,
    "step_count" INTEGER NOT NULL DEFAULT 0,
    "finish_after_ms" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "output" TEXT,
    "error" TEXT,

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "engine"."step" (
    "run_id" TEXT NOT NULL,
    "step_id" TEXT NOT NULL,
    "op" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER,
    "memo" TEXT,

    CONSTRAINT "step_pkey" PRIMARY KEY ("run_id","step_id")
);

-- CreateTable
CREATE TABLE "engine"."job" (
    "id" BIGSERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "function_id" TEXT NOT NULL,
    "queue" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "step_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "owner" TEXT,
    "claims" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "engine"."attempt" (
    "id" BIGSERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "step_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,
    "error" TEXT,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "market" (
    "id" SERIAL NOT NULL,
    "venue" TEXT NOT NULL,
    "kind" "market_kind" NOT NULL,
    "external_id" TEXT NOT NULL,
    "parent_id" INTEGER,
    "title" TEXT NOT NULL,
    "slug" TEXT,
    "rules" TEXT,
    "status" "market_status" NOT NULL DEFAULT 'unknown',
    "yes_label" TEXT,
    "no_label" TEXT,
    "yes_token_id" TEXT,
    "no_token_id" TEXT,
    "condition_id" TEXT,
    "question_id" TEXT,
    "result_side" TEXT,
    "yes_price" DECIMAL(20,18),
    "yes_price_at" TIMESTAMPTZ(3),
    "price_checked_at" TIMESTAMPTZ(3),
    "volume" DECIMAL(65,36),
    "volume_24h" DECIMAL(65,36),
    "volume_7d" DECIMAL(65,36),
    "quote_token" TEXT,
    "chain_id" TEXT,
    "labels" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "thumbnail_url" TEXT,
    "opened_at" TIMESTAMPTZ(3),
    "cutoff_at" TIMESTAMPTZ(3),
    "resolved_at" TIMESTAMPTZ(3),
    "catalog_seen_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "market_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "price_point" (
    "market_id" INTEGER NOT NULL,
    "outcome" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "price" DECIMAL(20,18) NOT NULL,

    CONSTRAINT "price_point_pkey" PRIMARY KEY ("market_id","outcome","at")
);

-- CreateTable
CREATE TABLE "whale" (
    "id" SERIAL NOT NULL,
    "venue" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "label" TEXT,
    "source" "whale_source" NOT NULL,
    "followed" BOOLEAN NOT NULL DEFAULT true,
    "followed_at" TIMESTAMPTZ(3),
    "rank_value" DECIMAL(65,36),
    "last_trade_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "whale_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trade" (
    "id" BIGSERIAL NOT NULL,
    "identity" UUID NOT NULL,
    "venue" TEXT NOT NULL,
    "whale_id" INTEGER NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "market_id" INTEGER NOT NULL,
    "outcome_side" TEXT NOT NULL,
    "side" TEXT NOT NULL,
    "price" DECIMAL(65,36) NOT NULL,
    "shares" DECIMAL(65,36) NOT NULL,
    "amount" DECIMAL(65,36),
    "fee" DECIMAL(65,36),
    "ordinal" INTEGER NOT NULL,
    "traded_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "trade_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "whale_stats" (
    "whale_id" INTEGER NOT NULL,
    "window" "stats_window" NOT NULL,
    "volume" DECIMAL(65,36),
    "trade_count" INTEGER,
    "last_trade_at" TIMESTAMPTZ(3),
    "withheld" TEXT,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "whale_stats_pkey" PRIMARY KEY ("whale_id","window")
);

-- CreateTable
CREATE TABLE "stream_state" (
    "id" SERIAL NOT NULL,
    "venue" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "wallet" TEXT NOT NULL DEFAULT '',
    "watermark" TIMESTAMPTZ(3),
    "covered" JSONB NOT NULL DEFAULT '[]',
    "reread_until" TIMESTAMPTZ(3),
    "reread_due_at" TIMESTAMPTZ(3),
    "reread_started_at" TIMESTAMPTZ(3),
    "reread_attempts" INTEGER NOT NULL DEFAULT 0,
    "complete_since" TIMESTAMPTZ(3),
    "early_ends" INTEGER NOT NULL DEFAULT 0,
    "accepted_gap" INTEGER NOT NULL DEFAULT 0,
    "venue_total" INTEGER,
    "stored_total" INTEGER NOT NULL DEFAULT 0,
    "next_due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_read_at" TIMESTAMPTZ(3),
    "last_joined_at" TIMESTAMPTZ(3),
    "failures_in_row" INTEGER NOT NULL DEFAULT 0,
    "last_error_code" TEXT,
    "last_error_message" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stream_state_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sync_log" (
    "id" SERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "type" "sync_type" NOT NULL,
    "venue" TEXT,
    "trigger" "sync_trigger" NOT NULL,
    "status" "sync_status" NOT NULL DEFAULT 'running',
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "executing_until" TIMESTAMPTZ(3),
    "deadline_at" TIMESTAMPTZ(3) NOT NULL,
    "parts_total" INTEGER NOT NULL DEFAULT 0,
    "parts_done" INTEGER NOT NULL DEFAULT 0,
    "parts_failed" INTEGER NOT NULL DEFAULT 0,
    "requests" INTEGER NOT NULL DEFAULT 0,
    "fetched" INTEGER NOT NULL DEFAULT 0,
    "created" INTEGER NOT NULL DEFAULT 0,
    "updated" INTEGER NOT NULL DEFAULT 0,
    "duplicate" INTEGER NOT NULL DEFAULT 0,
    "quarantined" INTEGER NOT NULL DEFAULT 0,
    "error_code" TEXT,
    "error_message" TEXT,
    "note" TEXT,
    "correlation_id" TEXT NOT NULL,

    CONSTRAINT "sync_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sync_part" (
    "sync_log_id" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "status" "sync_status" NOT NULL,
    "requests" INTEGER NOT NULL DEFAULT 0,
    "fetched" INTEGER NOT NULL DEFAULT 0,
    "created" INTEGER NOT NULL DEFAULT 0,
    "updated" INTEGER NOT NULL DEFAULT 0,
    "duplicate" INTEGER NOT NULL DEFAULT 0,
    "quarantined" INTEGER NOT NULL DEFAULT 0,
    "error_code" TEXT,
    "error_message" TEXT,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "sync_part_pkey" PRIMARY KEY ("sync_log_id","key")
);

-- CreateTable
CREATE TABLE "quarantined_row" (
    "id" SERIAL NOT NULL,
    "venue" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "wallet" TEXT NOT NULL DEFAULT '',
    "content_hash" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "path" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "status" "quarantine_status" NOT NULL DEFAULT 'open',
    "near_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "healed_at" TIMESTAMPTZ(3),

    CONSTRAINT "quarantined_row_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dead_letter" (
    "id" SERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "function_id" TEXT NOT NULL,
    "event" JSONB NOT NULL,
    "error_code" TEXT NOT NULL,
    "error_message" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "status" "dead_letter_status" NOT NULL DEFAULT 'open',
    "failed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "event_received_at_idx" ON "engine"."event"("received_at");

-- CreateIndex
CREATE INDEX "event_key_expires_at_idx" ON "engine"."event_key"("expires_at");

-- CreateIndex
CREATE INDEX "run_ended_at_idx" ON "engine"."run"("ended_at");

-- CreateIndex
CREATE INDEX "job_queue_due_at_id_idx" ON "engine"."job"("queue", "due_at", "id");

-- CreateIndex
CREATE INDEX "job_owner_idx" ON "engine"."job"("owner");

-- CreateIndex
CREATE UNIQUE INDEX "job_run_id_step_id_key" ON "engine"."job"("run_id", "step_id");

-- CreateIndex
CREATE INDEX "attempt_run_id_idx" ON "engine"."attempt"("run_id");

-- CreateIndex
CREATE INDEX "market_parent_id_idx" ON "market"("parent_id");

-- CreateIndex
CREATE INDEX "market_volume_24h_id_idx" ON "market"("volume_24h" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "market_status_volume_24h_id_idx" ON "market"("status", "volume_24h" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "market_venue_kind_external_id_key" ON "market"("venue", "kind", "external_id");

-- CreateIndex
CREATE INDEX "whale_followed_last_trade_at_id_idx" ON "whale"("followed", "last_trade_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "whale_venue_address_key" ON "whale"("venue", "address");

-- CreateIndex
CREATE UNIQUE INDEX "trade_identity_key" ON "trade"("identity");

-- CreateIndex
CREATE INDEX "trade_traded_at_id_idx" ON "trade"("traded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "trade_whale_id_traded_at_id_idx" ON "trade"("whale_id", "traded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "trade_market_id_traded_at_id_idx" ON "trade"("market_id", "traded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "stream_state_kind_next_due_at_idx" ON "stream_state"("kind", "next_due_at");

-- CreateIndex
CREATE UNIQUE INDEX "stream_state_venue_kind_wallet_key" ON "stream_state"("venue", "kind", "wallet");

-- CreateIndex
CREATE UNIQUE INDEX "sync_log_run_id_key" ON "sync_log"("run_id");

-- CreateIndex
CREATE INDEX "sync_log_started_at_id_idx" ON "sync_log"("started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "sync_log_type_started_at_id_idx" ON "sync_log"("type", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "sync_log_status_deadline_at_idx" ON "sync_log"("status", "deadline_at");

-- CreateIndex
CREATE INDEX "sync_log_status_started_at_id_idx" ON "sync_log"("status", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "sync_log_type_status_started_at_idx" ON "sync_log"("type", "status", "started_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "quarantined_row_content_hash_key" ON "quarantined_row"("content_hash");

-- CreateIndex
CREATE INDEX "quarantined_row_last_seen_at_id_idx" ON "quarantined_row"("last_seen_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "quarantined_row_status_last_seen_at_id_idx" ON "quarantined_row"("status", "last_seen_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "quarantined_row_venue_kind_wallet_status_idx" ON "quarantined_row"("venue", "kind", "wallet", "status");

-- CreateIndex
CREATE UNIQUE INDEX "dead_letter_run_id_key" ON "dead_letter"("run_id");

-- CreateIndex
CREATE INDEX "dead_letter_status_failed_at_id_idx" ON "dead_letter"("status", "failed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_fingerprint_idx" ON "dead_letter"("fingerprint");

-- AddForeignKey
ALTER TABLE "market" ADD CONSTRAINT "market_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "market"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "price_point" ADD CONSTRAINT "price_point_market_id_fkey" FOREIGN KEY ("market_id") REFERENCES "market"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trade" ADD CONSTRAINT "trade_whale_id_fkey" FOREIGN KEY ("whale_id") REFERENCES "whale"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trade" ADD CONSTRAINT "trade_market_id_fkey" FOREIGN KEY ("market_id") REFERENCES "market"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "whale_stats" ADD CONSTRAINT "whale_stats_whale_id_fkey" FOREIGN KEY ("whale_id") REFERENCES "whale"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_part" ADD CONSTRAINT "sync_part_sync_log_id_fkey" FOREIGN KEY ("sync_log_id") REFERENCES "sync_log"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A walk over the catalog touches every row: room is left on every page for the new version of one whose indexed columns stay the same.
ALTER TABLE "market" SET (fillfactor = 80);
