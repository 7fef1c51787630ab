import { ExportLinks } from "~/components/export-links.tsx";
import { FilterBar, FilterSelect, FilterText } from "~/components/filters.tsx";
import { type LeaderboardWindow, METRIC_NAMES, METRICS, SOURCE_NAMES } from "./leaderboard.ts";

const FOLLOWED = [
  { value: "", label: "Followed" },
  { value: "no", label: "Not followed" },
  { value: "all", label: "All known" },
];

const SOURCES = [
  { value: "", label: "Any way" },
  ...Object.entries(SOURCE_NAMES).map(([value, label]) => ({ value, label })),
];

const FILE_FILTERS = ["q", "followed", "source", "sort", "window", "venue"];

/** Search, following, origin and ranking of the list of whales. */
export function WhaleFilters({ window }: { window: LeaderboardWindow }) {
  const metrics = METRICS.filter((metric) => metric !== "pnl" || window === "all");
  return (
    <FilterBar label="Filter the whales">
      <FilterText name="q" label="Search" placeholder="Label or address" wide />
      <FilterSelect name="followed" label="Show" data={FOLLOWED} />
      <FilterSelect name="source" label="Found by" data={SOURCES} />
      <FilterSelect
        name="sort"
        label="Rank by"
        data={metrics.map((metric) => ({
          value: metric === "volume" ? "" : metric,
          label: METRIC_NAMES[metric],
        }))}
      />
      <ExportLinks list="whales" filters={FILE_FILTERS} json={apiFilters} />
    </FilterBar>
  );
}

/** The API ranks where an order is asked for, and leaves nobody out by itself. */
function apiFilters({ followed, ...filters }: Record<string, string>): Record<string, string> {
  const asked = { sort: "volume", ...filters };
  return followed === "all" ? asked : { ...asked, followed: String(followed !== "no") };
}
