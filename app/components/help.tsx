import type { RefObject } from "react";
import classes from "./help.module.css";
import { NAV_PAGES } from "./nav-pages.ts";

const KEYS = [
  { keys: ["/"], words: "Search markets and whales" },
  { keys: ["Ctrl", "K"], words: "The same; ⌘ K on a Mac" },
  { keys: ["j"], words: "Next row of a table" },
  { keys: ["k"], words: "Row before" },
  { keys: ["Enter"], words: "Open what has the focus" },
  ...NAV_PAGES.map(({ key, label }) => ({ keys: ["g", key], words: `Go to ${label}` })),
  { keys: ["Esc"], words: "Close a dialog" },
  { keys: ["?"], words: "This list" },
];

/** The list of keys, as a dialog of the browser's own. Open it with `showModal()`. */
export function Help({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} className={classes.dialog} aria-labelledby="keys-title">
      <div className={classes.head}>
        <h2 id="keys-title" className={classes.title}>
          Keys
        </h2>
        <button
          type="button"
          className={classes.close}
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          ✕
        </button>
      </div>
      <dl className={classes.keys}>
        {KEYS.map(({ keys, words }) => (
          <Entry key={words} keys={keys} words={words} />
        ))}
      </dl>
    </dialog>
  );
}

function Entry({ keys, words }: { keys: readonly string[]; words: string }) {
  return (
    <>
      <dt>
        {keys.map((key, place) => (
          <span key={key}>
            {place > 0 && " "}
            <kbd>{key}</kbd>
          </span>
        ))}
      </dt>
      <dd>{words}</dd>
    </>
  );
}
