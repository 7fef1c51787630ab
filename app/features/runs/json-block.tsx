import { CopyButton } from "~/components/copy-button.tsx";
import { formatBytes } from "~/lib/format.ts";
import classes from "./json-block.module.css";
import type { JsonText } from "./json-text.ts";

/**
 * A JSON text for reading, with a way to copy it; of one that is cut off, with a way to get the whole.
 * @param name what it is, as in "Output"
 * @param whole address of the whole text
 * @param folded unfolded on demand
 */
export function JsonBlock({
  name,
  json,
  whole,
  folded = false,
}: {
  name: string;
  json: JsonText;
  whole: string;
  folded?: boolean;
}) {
  const { text, cut, bytes } = json;
  const size = formatBytes(bytes);
  const box = (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <pre className={classes.text} tabIndex={0}>
        {text}
        {cut && "\n…"}
      </pre>
      <p className={classes.tools}>
        {cut ? (
          <span>
            The beginning of {size}. <a href={whole}>The whole</a>
          </span>
        ) : (
          <>
            <CopyButton text={text} label={`Copy: ${name}`} />
            <a href={whole}>Raw</a>
          </>
        )}
      </p>
    </>
  );
  if (!folded) return <div className={classes.block}>{box}</div>;
  return (
    <details className={classes.block}>
      <summary>
        {name} <span className={classes.size}>{size}</span>
      </summary>
      {box}
    </details>
  );
}
