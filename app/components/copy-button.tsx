import { useClipboard } from "@mantine/hooks";
import classes from "./copy-button.module.css";

/**
 * Copies a text, which stands beside it.
 * @param label what is copied, as in "Copy the address"
 */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { copy, copied, error } = useClipboard({ timeout: 1_500 });
  const state = copied ? "Copied" : error ? "The browser does not allow copying here" : label;
  return (
    <button
      type="button"
      className={classes.copy}
      aria-label={state}
      title={state}
      data-copied={copied || undefined}
      onClick={() => copy(text)}
    >
      <svg
        viewBox="0 0 16 16"
        width={14}
        height={14}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {copied ? <path d="m3 8.5 3.2 3.2L13 5" /> : <path d="M6 5.5h7.5v8H6zM10 5.5v-3H2.5v8H6" />}
      </svg>
    </button>
  );
}
