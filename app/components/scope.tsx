import { Link, useMatches, useRouteLoaderData, useSearchParams } from "react-router";
import { WINDOW_NAMES } from "~/lib/windows.ts";
import type { loader } from "~/root.tsx";
import type { PageHandle } from "./page-handle.ts";
import classes from "./scope.module.css";
import { searchWith } from "./search-with.ts";

/** The venue and window switches that the page's `handle` asks for; what is chosen lives in the URL. Nothing where none is asked for. */
export function ScopeSwitches() {
  const [search] = useSearchParams();
  const handle = useMatches().findLast((match) => match.handle)?.handle as PageHandle | undefined;
  const venues = useRouteLoaderData<typeof loader>("root")?.venues ?? [];
  if (!handle?.windows && !handle?.venue) return null;
  return (
    <div className={classes.scope}>
      {handle.venue && (
        <Switch
          label="Venue"
          name="venue"
          chosen={search.get("venue")}
          choices={[
            { value: null, words: "All venues" },
            ...venues.map(({ id, name }) => ({ value: id, words: name })),
          ]}
        />
      )}
      {handle.windows && (
        <Switch
          label="Time window"
          name="window"
          chosen={search.get("window") ?? handle.windows.initial}
          choices={handle.windows.offered.map((window) => ({
            value: window,
            words: WINDOW_NAMES[window],
            isInitial: window === handle.windows?.initial,
          }))}
        />
      )}
    </div>
  );
}

type Choice = { value: string | null; words: string; isInitial?: boolean };

function Switch({
  label,
  name,
  chosen,
  choices,
}: {
  label: string;
  name: "venue" | "window";
  chosen: string | null;
  choices: readonly Choice[];
}) {
  const [search] = useSearchParams();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields; these are links
    <div role="group" aria-label={label} className={classes.switch}>
      {choices.map(({ value, words, isInitial }) => (
        <Link
          key={words}
          to={searchWith(search, { cursor: null, [name]: isInitial ? null : value })}
          className={classes.choice}
          aria-current={value === chosen ? "true" : undefined}
          preventScrollReset
        >
          {words}
        </Link>
      ))}
    </div>
  );
}
