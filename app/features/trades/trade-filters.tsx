import { useSearchParams } from "react-router";
import { ExportLinks } from "~/components/export-links.tsx";
import { FilterBar, FilterChip, FilterSelect } from "~/components/filters.tsx";
import { formatRoundAmount, shortAddress } from "~/lib/format.ts";
import type { TimeWindow } from "~/lib/windows.ts";
import type { TradeSubjects } from "./trade-search.server.ts";

const MIN_SIZES = ["100", "500", "1000", "5000", "10000", "50000", "100000"];

const SIDES = [
  { value: "", label: "Buys and sells" },
  { value: "buy", label: "Buys" },
  { value: "sell", label: "Sells" },
];

const OUTCOMES = [
  { value: "", label: "Either" },
  { value: "yes", label: "Yes side" },
  { value: "no", label: "No side" },
];

/** What the files take along from the page. */
const FILE_FILTERS = ["min", "side", "outcome", "venue", "market", "whale", "window"];

type Only = { whale?: number; market?: number; window?: TimeWindow };

/**
 * The filters of a list of trades, in the URL, and the list as files.
 * @param subjects names of the market and the whale that the URL restricts the list to
 * @param only what the page itself is about: no filter, but part of the files
 */
export function TradeFilters({ subjects, only = {} }: { subjects?: TradeSubjects; only?: Only }) {
  const [search] = useSearchParams();
  return (
    <FilterBar label="Filter the trades">
      <FilterSelect name="min" label="Minimum size (USD)" data={sizeChoices(search.get("min"))} />
      <FilterSelect name="side" label="Side" data={SIDES} />
      <FilterSelect name="outcome" label="Outcome" data={OUTCOMES} />
      {subjects?.market && (
        <FilterChip name="market" label="Market" text={marketWords(subjects.market)} />
      )}
      {subjects?.whale && (
        <FilterChip
          name="whale"
          label="Whale"
          text={subjects.whale.label ?? shortAddress(subjects.whale.address)}
        />
      )}
      <ExportLinks list="trades" filters={FILE_FILTERS} only={only} json={apiFilters} />
    </FilterBar>
  );
}

function marketWords({ title, parentTitle }: NonNullable<TradeSubjects["market"]>): string {
  return parentTitle ? `${title} · ${parentTitle}` : title;
}

/** The sizes on offer; one that was written into the URL joins them. */
function sizeChoices(chosen: string | null) {
  const sizes = chosen && !MIN_SIZES.includes(chosen) ? [...MIN_SIZES, chosen] : MIN_SIZES;
  const choices = sizes
    .toSorted((a, b) => Number(a) - Number(b))
    .map((value) => ({ value, label: `${formatRoundAmount(value)} and more` }));
  return [{ value: "", label: "Any size" }, ...choices];
}

/** In the API `market` is the venue's number. */
function apiFilters({ market, ...filters }: Record<string, string>): Record<string, string> {
  return market === undefined ? filters : { ...filters, ofMarket: market };
}
