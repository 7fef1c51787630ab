import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { SearchIcon } from "./icons.tsx";
import classes from "./tools.module.css";

type Dialog = ComponentType<{ asked: number }>;

const load = (): Promise<Dialog> => import("./search-dialog.tsx").then((module) => module.default);

/** Fetches the code early; what fails is tried again, and told of, when the search is asked for. */
const preload = () => void load().catch(() => undefined);

/** The page is done with its own code by then, in milliseconds. */
const PRELOAD_AFTER_MS = 2_000;

/** The search dialog, whose code is fetched after the page's own, so that what is typed right after the key that opens it is not lost. */
export function useSearchDialog(): { openSearch(): void; dialog: ReactNode } {
  const [asked, setAsked] = useState(0);
  const [Dialog, setDialog] = useState<Dialog>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(preload, PRELOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const openSearch = () => {
    setAsked((times) => times + 1);
    load().then(
      (loaded) => {
        setDialog(() => loaded);
        setFailed(false);
      },
      () => setFailed(true),
    );
  };
  const dialog = Dialog ? (
    <Dialog asked={asked} />
  ) : (
    failed && (
      <p role="alert" className={classes.failed}>
        The search could not be loaded. Is the server reached? Try again, or reload the page.
      </p>
    )
  );
  return { openSearch, dialog };
}

/** Opens the search; looks like a field where there is room. */
export function SearchButton({ onClick }: { onClick(): void }) {
  return (
    <button
      type="button"
      className={classes.search}
      aria-label="Search"
      aria-keyshortcuts="/ Control+K"
      aria-haspopup="dialog"
      onPointerEnter={preload}
      onFocus={preload}
      onClick={onClick}
    >
      <SearchIcon />
      <span className={classes.searchWords}>Search</span>
      <kbd>/</kbd>
    </button>
  );
}
