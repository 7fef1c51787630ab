-- AlterTable
-- Rows that were there before have no figure: the default comes after the column.
ALTER TABLE "sync_log" ADD COLUMN "pages" INTEGER;
ALTER TABLE "sync_log" ALTER COLUMN "pages" SET DEFAULT 0;

-- AlterTable
ALTER TABLE "sync_part" ADD COLUMN "note" TEXT,
ADD COLUMN "pages" INTEGER,
ADD COLUMN "started_at" TIMESTAMPTZ(3);
ALTER TABLE "sync_part" ALTER COLUMN "pages" SET DEFAULT 0;

-- AlterTable
ALTER TABLE "quarantined_row" ADD COLUMN "sync_log_id" INTEGER;

-- CreateIndex
CREATE INDEX "sync_log_trigger_started_at_id_idx" ON "sync_log"("trigger", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "sync_part_sync_log_id_started_at_key_idx" ON "sync_part"("sync_log_id", "started_at", "key");

-- CreateIndex
CREATE INDEX "quarantined_row_sync_log_id_id_idx" ON "quarantined_row"("sync_log_id", "id");

-- AddForeignKey
ALTER TABLE "quarantined_row" ADD CONSTRAINT "quarantined_row_sync_log_id_fkey" FOREIGN KEY ("sync_log_id") REFERENCES "sync_log"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- Runs with an error, or with rows that failed their schema, are few among many.
CREATE INDEX "sync_log_error_idx" ON "sync_log"("started_at" DESC, "id" DESC) WHERE "error_code" IS NOT NULL;
CREATE INDEX "sync_log_quarantined_idx" ON "sync_log"("started_at" DESC, "id" DESC) WHERE "quarantined" > 0;

-- The newest run of a job that did some work, and the newest one that the venue answered: one lookup, however long it has had nothing to do
-- or has been failing.
CREATE INDEX "sync_log_worked_idx" ON "sync_log"("type", "started_at" DESC, "id" DESC)
  WHERE "status" IN ('incomplete', 'failed') OR ("status" = 'completed' AND ("requests" > 0 OR "type" IN ('stats', 'cleanup')));
CREATE INDEX "sync_log_answered_idx" ON "sync_log"("type", "finished_at" DESC)
  WHERE "finished_at" IS NOT NULL AND ("fetched" > 0 OR ("status" = 'completed' AND "requests" > 0));

-- The newest step of a run that the venue answered, and its failed steps.
CREATE INDEX "sync_part_answered_idx" ON "sync_part"("sync_log_id", "finished_at" DESC) WHERE "status" = 'completed' AND "requests" > 0;
CREATE INDEX "sync_part_failed_idx" ON "sync_part"("sync_log_id", "started_at", "key") WHERE "status" = 'failed';
