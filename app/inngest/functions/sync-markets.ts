import { cron } from "inngest";
import {
  type MarketToCheck,
  markChecked,
  marketsToCheck,
  markGone,
  upsertMarkets,
} from "~/features/markets/upsert.server.ts";
import { healRows, quarantineRows } from "~/features/quarantine/commands.server.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import type { BadRow, ListPage, MarketRow } from "~/lib/rows.ts";
import { concernsItem, createError, toAppError } from "~/reliability/errors.ts";
import type { Venue } from "~/venues/venue.ts";
import { type ActionContext, type ActionRun, runAction } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { readPrices } from "../market-prices.ts";
import { closeStep, openStep, type StepCalls, syncStep } from "../sync-step.ts";
import { syncMarketsRequested } from "../types.ts";

const STEP_MS = 20_000;
const PAGES_PER_STEP = 25;
const CHECKS_PER_STEP = 40;
const CHECK_STEPS = 5;
const DEADLINE_MS = 20 * 60_000;

/**
 * Walks the active catalog, asks by number for markets that left it until they are over, then reads prices. Each event starts one run
 * per id (Inngest's own rule), so a request delivered twice does its work once.
 */
export const syncMarkets = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "sync-markets",
      name: "Sync markets",
      triggers: [cron(SYNC_SCHEDULE.markets.cron), syncMarketsRequested],
      retries: 3,
      concurrency: 2,
      timeouts: { finish: "20m" },
    },
    (context) =>
      runAction(context, { action: "sync-markets", lastsMs: DEADLINE_MS }, (run, deps) =>
        syncAll(context, deps, run),
      ),
  );

/** The sync whose steps these are. */
type MarketSync = { id: number; startedAt: Date };

async function syncAll(
  { event, step }: Pick<ActionContext, "event" | "step">,
  deps: JobDeps,
  run: ActionRun,
) {
  const opened = await openStep(step, deps, run, {
    event,
    type: "markets",
    deadlineMs: DEADLINE_MS,
  });
  if (opened.skipped !== null) return { skipped: opened.skipped };
  const sync: MarketSync = { id: opened.id, startedAt: new Date(opened.startedAt) };

  for (const venue of deps.venues) {
    let page: number | null = 1;
    let total = 0;
    for (let n = 0; page !== null; n++) {
      const from: { page: number; total: number } = { page, total };
      const part = { id: sync.id, key: `${venue.id}-walk-${n}` };
      const walked: WalkResult = await syncStep(step, deps, run, part, (calls) =>
        walk(deps, venue, sync, from, calls),
      );
      page = walked.nextPage;
      total = walked.total;
    }
    for (let n = 0, left = true; left && n < CHECK_STEPS; n++) {
      const part = { id: sync.id, key: `${venue.id}-check-${n}` };
      const checked = await syncStep(step, deps, run, part, (calls) =>
        checkLeft(deps, venue, sync, calls),
      );
      left = checked.more;
    }
    await readPrices(step, deps, run, venue, sync);
  }
  await closeStep(step, deps, run, { id: sync.id });
  return { syncLogId: sync.id };
}

type WalkResult = {
  nextPage: number | null;
  total: number;
  counts: { fetched: number; created: number; updated: number; quarantined: number };
};

/** Up to 25 pages of the catalog, one statement of 500 rows. What was fetched before a failure is stored all the same. */
async function walk(
  deps: JobDeps,
  venue: Venue,
  sync: MarketSync,
  from: { page: number; total: number },
  calls: StepCalls,
): Promise<WalkResult> {
  const until = deps.clock.now() + STEP_MS;
  const rows: MarketRow[] = [];
  const bad: BadRow[] = [];
  let nextPage: number | null = from.page;
  let total = from.total;
  const take = async (page: number) => {
    const list = await venue.listMarkets(page, { priority: "catalog", ...calls });
    calls.meter.pages += 1;
    collect(list, rows, bad);
    return list;
  };
  let counts: WalkResult["counts"];
  try {
    for (let n = 0; nextPage !== null && n < PAGES_PER_STEP && deps.clock.now() < until; n++) {
      const page: number = nextPage;
      const list = await take(page);
      const ends = page * venue.pageSize >= list.total;
      if (list.entries.length === 0 && !ends) {
        throw createError(
          "INVALID_RESPONSE",
          `Page ${page} of the catalog is empty although ${list.total} markets are said to be in it.`,
        );
      }
      // Markets left the list above this page: rows that moved up into the page before would be missed.
      if (list.total < total && page > 1) await take(page - 1);
      total = list.total;
      nextPage = ends ? null : page + 1;
    }
  } finally {
    counts = await storeMarkets(deps, venue, sync, rows, bad);
  }
  if (nextPage === null) {
    const now = new Date(deps.clock.now());
    await healRows(deps.db, { venue: venue.id, kind: "markets" }, sync.startedAt, now);
  }
  return { nextPage, total, counts };
}

/** Markets that the walk did not show, asked for one by one. */
async function checkLeft(deps: JobDeps, venue: Venue, sync: MarketSync, calls: StepCalls) {
  const left = await marketsToCheck(deps.db, venue.id, sync.startedAt, CHECKS_PER_STEP);
  const rows: MarketRow[] = [];
  const bad: BadRow[] = [];
  const gone: number[] = [];
  const unusable: number[] = [];
  const until = deps.clock.now() + STEP_MS;
  let asked = 0;
  let counts: WalkResult["counts"];
  try {
    for (const market of left) {
      if (deps.clock.now() >= until) break;
      const found = await getMarket(deps, venue, market, calls);
      asked += 1;
      if (found === "unusable") {
        unusable.push(market.id);
        continue;
      }
      if (found === null) gone.push(market.id);
      else if (!found.entries.some((entry) => entry.row)) unusable.push(market.id);
      if (found) collect(found, rows, bad);
    }
  } finally {
    counts = await storeMarkets(deps, venue, sync, rows, bad);
    const now = new Date(deps.clock.now());
    if (gone.length > 0) await markGone(deps.db, gone, now);
    if (unusable.length > 0) await markChecked(deps.db, unusable, now);
  }
  return { more: left.length === CHECKS_PER_STEP || asked < left.length, counts };
}

/** A market that the venue cannot answer for goes to the back of the line instead of stopping the others. */
async function getMarket(deps: JobDeps, venue: Venue, market: MarketToCheck, calls: StepCalls) {
  try {
    return await venue.getMarket(market, { priority: "catalog", ...calls });
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!concernsItem(error)) throw error;
    deps.logger.warn({ err: error, market }, "the venue has no usable answer for a market");
    return "unusable" as const;
  }
}

function collect(list: ListPage<MarketRow[]>, rows: MarketRow[], bad: BadRow[]) {
  for (const entry of list.entries) {
    if (entry.row) rows.push(...entry.row);
    else bad.push(entry.bad);
  }
}

async function storeMarkets(
  deps: JobDeps,
  venue: Venue,
  sync: MarketSync,
  rows: MarketRow[],
  bad: BadRow[],
) {
  const now = new Date(deps.clock.now());
  const { created, updated } = await upsertMarkets(deps.db, rows, now);
  const source = { venue: venue.id, kind: "markets" } as const;
  const quarantined = await quarantineRows(deps.db, source, bad, now, sync.id);
  return { fetched: rows.length + bad.length, created, updated, quarantined };
}
