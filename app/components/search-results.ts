import { useEffect, useState } from "react";

/** What GET /search answers. */
export type SearchResults = {
  markets: { id: string; title: string; parentTitle: string | null; status: string }[];
  whales: { id: string; address: string; label: string | null }[];
};

export type Search = {
  /** The newest answer; while a newer question is under way that of the one before. */
  results: SearchResults | null;
  state: "idle" | "searching" | "found" | "failed";
};

/** How long typing must pause before the server is asked, in milliseconds. */
const PAUSE_MS = 120;

/** Asks the server for markets and whales as the question changes; an answer that comes too late is dropped. */
export function useSearchResults(query: string): Search {
  const [search, setSearch] = useState<Search>({ results: null, state: "idle" });
  const question = query.trim();
  useEffect(() => {
    if (question === "") {
      setSearch({ results: null, state: "idle" });
      return;
    }
    setSearch(({ results }) => ({ results, state: "searching" }));
    const dropped = new AbortController();
    const timer = setTimeout(() => {
      ask(question, dropped.signal).then(
        (results) => setSearch({ results, state: "found" }),
        () => {
          if (!dropped.signal.aborted) setSearch({ results: null, state: "failed" });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      dropped.abort();
    };
  }, [question]);
  return search;
}

async function ask(question: string, signal: AbortSignal): Promise<SearchResults> {
  const response = await fetch(`/search?${new URLSearchParams({ q: question })}`, {
    headers: { accept: "application/json" },
    signal,
  });
  if (!response.ok) throw new Error(`The search answered ${response.status}.`);
  return response.json() as Promise<SearchResults>;
}
