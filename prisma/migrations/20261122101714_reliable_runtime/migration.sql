-- CreateEnum
CREATE TYPE "action_status" AS ENUM ('running', 'completed', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "attempt_status" AS ENUM ('success', 'retryable', 'fatal');

-- CreateEnum
CREATE TYPE "replay_status" AS ENUM ('running', 'completed', 'aborted');

-- CreateEnum
CREATE TYPE "severity" AS ENUM ('info', 'success', 'warning', 'error');

-- CreateEnum
CREATE TYPE "notification_kind" AS ENUM ('incident', 'recovery');

-- AlterEnum
ALTER TYPE "sync_trigger" ADD VALUE 'backfill';

-- DropIndex
DROP INDEX "dead_letter_fingerprint_idx";

-- AlterTable
ALTER TABLE "dead_letter" ADD COLUMN     "correlation_id" TEXT,
ADD COLUMN     "discard_key" TEXT,
ADD COLUMN     "discard_reason" TEXT,
ADD COLUMN     "idempotency_key" TEXT,
ADD COLUMN     "next_id" INTEGER,
ADD COLUMN     "replay_id" INTEGER,
ADD COLUMN     "replay_run_id" TEXT,
ADD COLUMN     "requested_at" TIMESTAMPTZ(3),
ADD COLUMN     "resolved_at" TIMESTAMPTZ(3),
ADD COLUMN     "stream" TEXT;

-- Letters that were there before are known by their event, and their functions by their own ids.
UPDATE "dead_letter" SET "correlation_id" = "run_id", "idempotency_key" = coalesce("event" ->> 'id', "run_id"),
  "function_id" = regexp_replace("function_id", '^opinion-scope-', '');
ALTER TABLE "dead_letter" ALTER COLUMN "correlation_id" SET NOT NULL, ALTER COLUMN "idempotency_key" SET NOT NULL;

-- CreateTable
CREATE TABLE "run" (
    "id" SERIAL NOT NULL,
    "action" TEXT NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "correlation_id" TEXT NOT NULL,
    "inngest_run_id" TEXT NOT NULL,
    "subject" TEXT,
    "status" "action_status" NOT NULL DEFAULT 'running',
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "result" JSONB,
    "error_code" TEXT,
    "error_message" TEXT,
    "released" BOOLEAN NOT NULL DEFAULT false,
    "previous_id" INTEGER,

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_attempt" (
    "id" BIGSERIAL NOT NULL,
    "run_id" INTEGER NOT NULL,
    "step" TEXT NOT NULL,
    "request" TEXT,
    "number" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "status" "attempt_status" NOT NULL,
    "code" TEXT,
    "message" TEXT,
    "data" JSONB,

    CONSTRAINT "run_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dead_letter_group" (
    "fingerprint" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dead_letter_group_pkey" PRIMARY KEY ("fingerprint")
);

INSERT INTO "dead_letter_group" ("fingerprint", "code", "message", "first_seen_at", "last_seen_at")
SELECT "fingerprint", min("error_code"), (array_agg("error_message" ORDER BY "failed_at", "id"))[1], min("failed_at"), max("failed_at")
FROM "dead_letter" GROUP BY "fingerprint";

-- CreateTable
CREATE TABLE "replay" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "filter" JSONB NOT NULL,
    "request_key" TEXT NOT NULL,
    "per_minute" INTEGER NOT NULL,
    "total" INTEGER NOT NULL,
    "status" "replay_status" NOT NULL DEFAULT 'running',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "replay_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notification" (
    "id" SERIAL NOT NULL,
    "kind" "notification_kind" NOT NULL,
    "severity" "severity" NOT NULL,
    "scope" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "link" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3),
    "resolved_at" TIMESTAMPTZ(3),
    "incident_id" INTEGER,

    CONSTRAINT "notification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "condition" (
    "key" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "severity" "severity" NOT NULL,
    "text" TEXT NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,
    "cleared_at" TIMESTAMPTZ(3),
    "momentary" BOOLEAN NOT NULL DEFAULT false,
    "incident_id" INTEGER NOT NULL,

    CONSTRAINT "condition_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "job_pause" (
    "type" "sync_type" NOT NULL,
    "paused_at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT,

    CONSTRAINT "job_pause_pkey" PRIMARY KEY ("type")
);

-- CreateIndex
CREATE UNIQUE INDEX "run_inngest_run_id_key" ON "run"("inngest_run_id");

-- CreateIndex
CREATE INDEX "run_action_idempotency_key_id_idx" ON "run"("action", "idempotency_key", "id" DESC);

-- CreateIndex
CREATE INDEX "run_correlation_id_subject_id_idx" ON "run"("correlation_id", "subject", "id");

-- CreateIndex
CREATE INDEX "run_action_subject_id_idx" ON "run"("action", "subject", "id" DESC);

-- CreateIndex
CREATE INDEX "run_status_started_at_idx" ON "run"("status", "started_at");

-- CreateIndex
CREATE INDEX "run_previous_id_idx" ON "run"("previous_id");

-- CreateIndex
CREATE INDEX "run_attempt_run_id_started_at_id_idx" ON "run_attempt"("run_id", "started_at", "id");

-- CreateIndex
CREATE INDEX "run_attempt_status_started_at_idx" ON "run_attempt"("status", "started_at");

-- CreateIndex
CREATE INDEX "dead_letter_group_last_seen_at_fingerprint_idx" ON "dead_letter_group"("last_seen_at" DESC, "fingerprint");

-- CreateIndex
CREATE UNIQUE INDEX "replay_request_key_key" ON "replay"("request_key");

-- CreateIndex
CREATE INDEX "replay_created_at_id_idx" ON "replay"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "replay_status_idx" ON "replay"("status");

-- CreateIndex
CREATE INDEX "notification_created_at_id_idx" ON "notification"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "notification_severity_created_at_id_idx" ON "notification"("severity", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "notification_incident_id_idx" ON "notification"("incident_id");

-- CreateIndex
CREATE INDEX "condition_incident_id_idx" ON "condition"("incident_id");

-- CreateIndex
CREATE INDEX "dead_letter_failed_at_id_idx" ON "dead_letter"("failed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_fingerprint_status_failed_at_id_idx" ON "dead_letter"("fingerprint", "status", "failed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_function_id_idempotency_key_idx" ON "dead_letter"("function_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "dead_letter_function_id_failed_at_id_idx" ON "dead_letter"("function_id", "failed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_fingerprint_function_id_status_failed_at_id_idx" ON "dead_letter"("fingerprint", "function_id", "status", "failed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_error_code_failed_at_id_idx" ON "dead_letter"("error_code", "failed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_stream_failed_at_id_idx" ON "dead_letter"("stream", "failed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_replay_id_status_id_idx" ON "dead_letter"("replay_id", "status", "id");

-- CreateIndex
CREATE INDEX "dead_letter_replay_id_id_idx" ON "dead_letter"("replay_id", "id");

-- CreateIndex
CREATE INDEX "dead_letter_discard_key_idx" ON "dead_letter"("discard_key");

-- CreateIndex
CREATE INDEX "dead_letter_next_id_idx" ON "dead_letter"("next_id");

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_previous_id_fkey" FOREIGN KEY ("previous_id") REFERENCES "run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_attempt" ADD CONSTRAINT "run_attempt_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_fingerprint_fkey" FOREIGN KEY ("fingerprint") REFERENCES "dead_letter_group"("fingerprint") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_replay_id_fkey" FOREIGN KEY ("replay_id") REFERENCES "replay"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_next_id_fkey" FOREIGN KEY ("next_id") REFERENCES "dead_letter"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification" ADD CONSTRAINT "notification_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "notification"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "condition" ADD CONSTRAINT "condition_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "notification"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Which of several runs does the work is decided by this one insert: of one action and key, one is running or has done it.
CREATE UNIQUE INDEX "run_live_key" ON "run"("action", "idempotency_key") WHERE "status" IN ('running', 'completed') AND NOT "released";

-- One open incident a scope, whoever sees it first.
CREATE UNIQUE INDEX "notification_open_incident" ON "notification"("scope") WHERE "kind" = 'incident' AND "resolved_at" IS NULL;

-- Unread notifications are few among many.
CREATE INDEX "notification_unread_idx" ON "notification"("created_at" DESC, "id" DESC) WHERE "read_at" IS NULL;

-- Conditions that stand.
CREATE INDEX "condition_standing_idx" ON "condition"("scope") WHERE "cleared_at" IS NULL;
