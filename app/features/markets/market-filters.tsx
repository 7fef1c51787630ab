import { useSearchParams } from "react-router";
import { ExportLinks } from "~/components/export-links.tsx";
import { FilterBar, FilterSelect, FilterText } from "~/components/filters.tsx";
import { formatRoundAmount } from "~/lib/format.ts";

const STATUS_CHOICES = [
  { value: "", label: "Open" },
  { value: "resolving", label: "Resolving" },
  { value: "resolved", label: "Resolved" },
  { value: "created", label: "Not open yet" },
  { value: "all", label: "All" },
];

const SORT_CHOICES = [
  { value: "volume24h", label: "Volume 24 h" },
  { value: "volume", label: "Volume" },
  { value: "newest", label: "Newest" },
  { value: "closing", label: "Closing soonest" },
  { value: "price", label: "Price" },
];

const FILE_FILTERS = [
  "q",
  "status",
  "category",
  "minPrice",
  "maxPrice",
  "minVolume",
  "sort",
  "venue",
];

const MIN_VOLUMES = ["100", "1000", "10000", "100000", "1000000"];

/**
 * The search and the filters of the market list, in the URL.
 * @param labels what markets can be filtered by
 */
export function MarketFilterBar({ labels }: { labels: readonly string[] }) {
  const [search] = useSearchParams();
  const isSearch = (search.get("q") ?? "") !== "";
  const [unsorted, ...sorts] = isSearch
    ? [{ value: "", label: "Best match" }, ...SORT_CHOICES]
    : SORT_CHOICES;
  return (
    <FilterBar label="Search and filter the markets">
      <FilterText name="q" label="Search" placeholder="Words of a title, in any order" wide />
      <FilterSelect
        name="category"
        label="Category"
        data={[
          { value: "", label: "All categories" },
          ...withChosen(
            labels.map((label) => ({ value: label, label })),
            search.get("category"),
          ),
        ]}
      />
      <FilterSelect
        name="status"
        label="Status"
        data={withChosen(STATUS_CHOICES, search.get("status"))}
      />
      <FilterText name="minPrice" label="Price from" placeholder="0" inputMode="decimal" />
      <FilterText name="maxPrice" label="Price to" placeholder="1" inputMode="decimal" />
      <FilterSelect
        name="minVolume"
        label="Min. volume 24 h"
        data={volumeChoices(search.get("minVolume"))}
      />
      <FilterSelect
        name="sort"
        label="Order"
        data={[
          { value: "", label: unsorted?.label ?? "" },
          ...withChosen(sorts, search.get("sort")),
        ]}
      />
      <ExportLinks list="markets" filters={FILE_FILTERS} json={apiFilters} />
    </FilterBar>
  );
}

/** The API leaves out no status by itself, and has an order of its own where none is asked for. */
function apiFilters(filters: Record<string, string>): Record<string, string> {
  const asked = { status: "open", ...filters };
  return filters.q ? asked : { sort: "volume24h", ...asked };
}

type Choice = { value: string; label: string };

/** What was written into the URL joins the choices, so that the field shows it. */
function withChosen(choices: readonly Choice[], chosen: string | null): Choice[] {
  if (!chosen || choices.some(({ value }) => value === chosen)) return [...choices];
  return [...choices, { value: chosen, label: chosen }];
}

function volumeChoices(chosen: string | null): Choice[] {
  const isAmount = /^\d{1,18}(\.\d{1,18})?$/.test(chosen ?? "");
  const volumes = new Set([...MIN_VOLUMES, ...(chosen && isAmount ? [chosen] : [])]);
  const choices = [...volumes]
    .sort((a, b) => Number(a) - Number(b))
    .map((value) => ({ value, label: `${formatRoundAmount(value)} and more` }));
  return [{ value: "", label: "Any volume" }, ...choices];
}
