-- Pages list markets without their outcomes, which are most rows of the table.
-- DropIndex
DROP INDEX "market_volume_24h_id_idx";

-- DropIndex
DROP INDEX "market_status_volume_24h_id_idx";

-- CreateIndex
CREATE INDEX "market_top_volume_24h_idx" ON "market"("status", "volume_24h" DESC, "id" DESC) WHERE "parent_id" IS NULL;

-- CreateIndex
CREATE INDEX "market_top_volume_idx" ON "market"("status", "volume" DESC, "id" DESC) WHERE "parent_id" IS NULL;

-- CreateIndex
CREATE INDEX "market_top_opened_at_idx" ON "market"("status", "opened_at" DESC, "id" DESC) WHERE "parent_id" IS NULL;

-- CreateIndex
CREATE INDEX "market_top_cutoff_at_idx" ON "market"("status", "cutoff_at", "id") WHERE "parent_id" IS NULL;

-- CreateIndex
CREATE INDEX "market_top_yes_price_idx" ON "market"("status", "yes_price" DESC, "id" DESC) WHERE "parent_id" IS NULL;

-- What the search needs is derived from "market" by triggers and kept in a schema of its own. Every walk of a catalog rewrites the
-- market rows, and a trigram index on them would cost more than the walk; titles hardly ever change. Backups leave this schema out:
-- putting the markets back fills it again.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SCHEMA "search";

-- "group_id" is the parent of an outcome, and the market itself where it has none; "title" is in lower case.
CREATE TABLE "search"."market_title" (
    "market_id" INTEGER NOT NULL,
    "group_id" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    CONSTRAINT "market_title_pkey" PRIMARY KEY ("market_id"),
    CONSTRAINT "market_title_market_id_fkey" FOREIGN KEY ("market_id") REFERENCES "market"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX "market_title_group_id_idx" ON "search"."market_title"("group_id");
CREATE INDEX "market_title_title_idx" ON "search"."market_title" USING gin ("title" gin_trgm_ops);

-- Words of 4 letters and more that titles hold or held: what a mistyped word may have meant.
CREATE TABLE "search"."word" (
    "word" TEXT NOT NULL,
    CONSTRAINT "word_pkey" PRIMARY KEY ("word")
);

-- Labels that markets hold or held.
CREATE TABLE "search"."label" (
    "label" TEXT NOT NULL,
    CONSTRAINT "label_pkey" PRIMARY KEY ("label")
);

-- In one order, so that of two writers one waits for the other instead of both.
CREATE FUNCTION "search"."add_words"(titles TEXT[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO search.word (word)
  SELECT DISTINCT w.word COLLATE "C" FROM unnest(titles) AS t(title), regexp_split_to_table(lower(t.title), '[^[:alnum:]]+') AS w(word)
  WHERE length(w.word) BETWEEN 4 AND 30 AND w.word !~ '[0-9]' AND NOT EXISTS (SELECT FROM search.word k WHERE k.word = w.word)
  ORDER BY 1 ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION "search"."add_label"(labels TEXT[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO search.label (label)
  SELECT DISTINCT l.label COLLATE "C" FROM unnest(labels) AS l(label)
  WHERE l.label <> '' AND NOT EXISTS (SELECT FROM search.label k WHERE k.label = l.label)
  ORDER BY 1 ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION "search"."markets_added"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search.market_title (market_id, group_id, title)
  SELECT id, coalesce(parent_id, id), lower(title) FROM added;
  PERFORM search.add_words((SELECT array_agg(title) FROM added));
  PERFORM search.add_label((SELECT array_agg(DISTINCT l) FROM added, unnest(labels) AS l));
  RETURN NULL;
END
$$;

CREATE FUNCTION "search"."market_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE search.market_title SET group_id = coalesce(NEW.parent_id, NEW.id), title = lower(NEW.title) WHERE market_id = NEW.id;
  PERFORM search.add_words(ARRAY[NEW.title]);
  PERFORM search.add_label(NEW.labels);
  RETURN NULL;
END
$$;

CREATE FUNCTION "search"."markets_truncated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM search.word;
  DELETE FROM search.label;
  RETURN NULL;
END
$$;

CREATE TRIGGER "market_search_added" AFTER INSERT ON "market" REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION "search"."markets_added"();

CREATE TRIGGER "market_search_changed" AFTER UPDATE OF "title", "parent_id", "labels" ON "market" FOR EACH ROW
  WHEN (OLD.title IS DISTINCT FROM NEW.title OR OLD.parent_id IS DISTINCT FROM NEW.parent_id OR OLD.labels IS DISTINCT FROM NEW.labels)
  EXECUTE FUNCTION "search"."market_changed"();

CREATE TRIGGER "market_search_truncated" AFTER TRUNCATE ON "market" FOR EACH STATEMENT EXECUTE FUNCTION "search"."markets_truncated"();

INSERT INTO "search"."market_title" ("market_id", "group_id", "title")
SELECT "id", coalesce("parent_id", "id"), lower("title") FROM "market";

SELECT "search"."add_words"((SELECT array_agg("title") FROM "market"));
SELECT "search"."add_label"((SELECT array_agg(DISTINCT l) FROM "market", unnest("labels") AS l));
