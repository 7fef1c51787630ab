import { useSearchParams } from "react-router";
import { ExportLinks } from "~/components/export-links.tsx";
import { FilterBar, FilterChip, FilterSelect, FilterText } from "~/components/filters.tsx";
import { ERROR_CODES } from "~/reliability/errors.ts";

const ANY = { value: "", label: "Any" };

const CODES = [ANY, ...Object.keys(ERROR_CODES).map((value) => ({ value, label: value }))];

/** What the files take along from the pages. */
const FILE_FILTERS = ["status", "code", "function", "fingerprint", "stream", "window"];

function Common({ jobs }: { jobs: readonly string[] }) {
  return (
    <>
      <FilterSelect name="code" label="Code" data={CODES} />
      <FilterSelect
        name="function"
        label="Job"
        data={[ANY, ...jobs.map((value) => ({ value, label: value }))]}
      />
    </>
  );
}

/** The filters of the groups: without a status, the open letters. */
export function GroupFilters({ jobs }: { jobs: readonly string[] }) {
  const [search] = useSearchParams();
  const status = search.get("status") || "open";
  return (
    <FilterBar label="Filter the groups">
      <FilterSelect
        name="status"
        label="Status"
        data={[
          { value: "", label: "Open" },
          { value: "replayed", label: "Replayed" },
          { value: "discarded", label: "Discarded" },
        ]}
      />
      <Common jobs={jobs} />
      <ExportLinks list="dead-letters" filters={FILE_FILTERS} only={{ status }} />
    </FilterBar>
  );
}

/** The filters of the letters. */
export function LetterFilters({ jobs }: { jobs: readonly string[] }) {
  return (
    <FilterBar label="Filter the letters">
      <FilterChip name="fingerprint" label="Group" text="one cause" />
      <FilterSelect
        name="status"
        label="Status"
        data={[
          ANY,
          { value: "open", label: "Open" },
          { value: "replayed", label: "Replayed" },
          { value: "discarded", label: "Discarded" },
        ]}
      />
      <Common jobs={jobs} />
      <FilterText name="stream" label="Stream" placeholder="opinion 0x…" />
      <ExportLinks list="dead-letters" filters={FILE_FILTERS} />
    </FilterBar>
  );
}
