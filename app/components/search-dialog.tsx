import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/spotlight/styles.layer.css";
import { createSpotlight, Spotlight, useSpotlight } from "@mantine/spotlight";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { shortAddress } from "~/lib/format.ts";
import { SearchIcon } from "./icons.tsx";
import { NAV_PAGES } from "./nav-pages.ts";
import classes from "./search-dialog.module.css";
import { type Search, type SearchResults, useSearchResults } from "./search-results.ts";

const [store, { open }] = createSpotlight();

const LIST_ID = "search-results";

type Item = { to: string; label: string; description?: string; group: string };

/**
 * The search over markets, whales and pages.
 * @param asked how often it was asked for; each time it opens
 */
export default function SearchDialog({ asked }: { asked: number }) {
  const [query, setQuery] = useState("");
  const search = useSearchResults(query);
  const items = itemsOf(query, search.results);
  const navigate = useNavigate();
  const shown = items.map(({ to }) => to).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: every question opens it anew
  useEffect(open, [asked]);
  // The kit selects when the text changes; the answers come later.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever other items are shown
  useEffect(selectFirst, [shown]);
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      scrollable
      maxHeight={440}
      attributes={{ content: { "aria-label": "Search" } }}
      overlayProps={{ backgroundOpacity: 0.45, blur: 0 }}
      transitionProps={{ duration: 100, transition: "fade" }}
    >
      <Spotlight.Search
        placeholder="Search markets, whales, addresses"
        aria-label="Search markets, whales and pages"
        aria-controls={LIST_ID}
        size="md"
        leftSection={<SearchIcon />}
        classNames={{ input: classes.field }}
      />
      <Spotlight.ActionsList id={LIST_ID}>
        {[...new Set(items.map(({ group }) => group))].map((group) => (
          <Spotlight.ActionsGroup key={group} label={group}>
            {items
              .filter((item) => item.group === group)
              .map(({ to, label, description }) => (
                <Spotlight.Action
                  key={to}
                  label={label}
                  description={description}
                  className={classes.action}
                  onClick={() => navigate(to)}
                />
              ))}
          </Spotlight.ActionsGroup>
        ))}
        <Note search={search} query={query.trim()} />
      </Spotlight.ActionsList>
      <Spotlight.Footer className={classes.footer}>
        <span>↑ ↓ to choose</span>
        <span>Enter to open</span>
        <span>Esc to close</span>
      </Spotlight.Footer>
      <Spoken items={items} search={search} query={query.trim()} />
    </Spotlight.Root>
  );
}

/** Marks the first item as the one that Enter opens. */
function selectFirst(): void {
  const list = document.getElementById(LIST_ID);
  if (!list) return;
  list.querySelector("[data-selected]")?.removeAttribute("data-selected");
  list.querySelector("[data-action]")?.setAttribute("data-selected", "true");
  store.updateState((state) => ({ ...state, selected: 0 }));
}

/** What stands below the items, in a place that keeps its height while answers are awaited. */
function Note({ search: { state, results }, query }: { search: Search; query: string }) {
  if (state === "failed") {
    return <p className={classes.note}>The search failed. Typing on tries again.</p>;
  }
  if (state === "searching" && !results) return <p className={classes.note}>Searching…</p>;
  if (state === "found" && results && results.markets.length + results.whales.length === 0) {
    return <p className={classes.note}>No market or whale matches “{query}”.</p>;
  }
  return null;
}

/** Tells a screen reader what is selected, or what became of the question: the kit's list says neither. */
function Spoken({
  items,
  search,
  query,
}: {
  items: readonly Item[];
  search: Search;
  query: string;
}) {
  const { selected } = useSpotlight(store);
  const item = items[Math.max(0, selected)];
  const found = search.results && search.results.markets.length + search.results.whales.length;
  const words =
    search.state === "failed"
      ? "The search failed."
      : search.state === "found" && found === 0
        ? `No market or whale matches ${query}.`
        : item && `${item.label}, ${item.group}, ${Math.max(0, selected) + 1} of ${items.length}`;
  return (
    <div className="visually-hidden" role="status">
      {words}
    </div>
  );
}

function itemsOf(query: string, results: SearchResults | null): Item[] {
  const text = query.trim().toLowerCase();
  const markets = (results?.markets ?? []).map(({ id, title, parentTitle, status }) => ({
    to: `/markets/${id}`,
    label: title,
    description: [parentTitle, status === "activated" ? null : status].filter(Boolean).join(" · "),
    group: "Markets",
  }));
  const whales = (results?.whales ?? []).map(({ id, address, label }) => ({
    to: `/whales/${id}`,
    label: label ?? shortAddress(address),
    description: label ? shortAddress(address) : address,
    group: "Whales",
  }));
  const pages = NAV_PAGES.filter(({ label }) => label.toLowerCase().startsWith(text)).map(
    ({ to, label }) => ({ to, label, group: "Pages" }),
  );
  return [...markets, ...whales, ...pages];
}
