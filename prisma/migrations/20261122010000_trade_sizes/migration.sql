-- The feed filtered by a minimum size reads the lists below instead of every trade; a minimum between two of them reads the lower one.

-- CreateIndex
CREATE INDEX "trade_traded_at_id_1k_idx" ON "trade"("traded_at" DESC, "id" DESC) WHERE "amount" >= 1000;

-- CreateIndex
CREATE INDEX "trade_traded_at_id_10k_idx" ON "trade"("traded_at" DESC, "id" DESC) WHERE "amount" >= 10000;

-- CreateIndex
CREATE INDEX "trade_traded_at_id_100k_idx" ON "trade"("traded_at" DESC, "id" DESC) WHERE "amount" >= 100000;

-- CreateIndex
-- Wallets whose history has not been read to its end: usually none.
CREATE INDEX "stream_state_unjoined_idx" ON "stream_state"("kind") WHERE "last_joined_at" IS NULL;
