-- AlterTable
ALTER TABLE "whale" ADD COLUMN     "ledger_since" TIMESTAMPTZ(3),
ADD COLUMN     "ledger_through" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "whale_stats" ADD COLUMN     "categories" JSONB,
ADD COLUMN     "decided" INTEGER,
ADD COLUMN     "pnl" DECIMAL(65,36),
ADD COLUMN     "pnl_withheld" TEXT,
ADD COLUMN     "wins" INTEGER;

-- CreateTable
CREATE TABLE "position" (
    "whale_id" INTEGER NOT NULL,
    "market_id" INTEGER NOT NULL,
    "outcome_side" TEXT NOT NULL,
    "bought_shares" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "bought_amount" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "sold_shares" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "sold_amount" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "minted_shares" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "minted_amount" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "fees" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "trade_count" INTEGER NOT NULL DEFAULT 0,
    "unclear_count" INTEGER NOT NULL DEFAULT 0,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "position_pkey" PRIMARY KEY ("whale_id","market_id","outcome_side")
);

-- CreateTable
CREATE TABLE "whale_day" (
    "whale_id" INTEGER NOT NULL,
    "day" DATE NOT NULL,
    "bought" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "sold" DECIMAL(65,36) NOT NULL DEFAULT 0,
    "trade_count" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "whale_day_pkey" PRIMARY KEY ("whale_id","day")
);

-- CreateIndex
CREATE INDEX "position_market_id_idx" ON "position"("market_id");

-- CreateIndex
CREATE INDEX "trade_whale_id_id_idx" ON "trade"("whale_id", "id");

-- CreateIndex
CREATE INDEX "whale_stats_window_volume_whale_id_idx" ON "whale_stats"("window", "volume" DESC, "whale_id" DESC);

-- CreateIndex
CREATE INDEX "whale_stats_window_trade_count_whale_id_idx" ON "whale_stats"("window", "trade_count" DESC, "whale_id" DESC);

-- CreateIndex
CREATE INDEX "whale_stats_window_pnl_whale_id_idx" ON "whale_stats"("window", "pnl" DESC, "whale_id" DESC);

-- AddForeignKey
ALTER TABLE "position" ADD CONSTRAINT "position_whale_id_fkey" FOREIGN KEY ("whale_id") REFERENCES "whale"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "position" ADD CONSTRAINT "position_market_id_fkey" FOREIGN KEY ("market_id") REFERENCES "market"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "whale_day" ADD CONSTRAINT "whale_day_whale_id_fkey" FOREIGN KEY ("whale_id") REFERENCES "whale"("id") ON DELETE CASCADE ON UPDATE CASCADE;
