import { CopyButton } from "./copy-button.tsx";
import classes from "./copyable-id.module.css";

/**
 * A long id, whole, with a button that copies it.
 * @param label what the button does, for those who do not see it
 */
export function CopyableId({ id, label }: { id: string; label: string }) {
  return (
    <span className={classes.id}>
      <span>{id}</span>
      <CopyButton text={id} label={label} />
    </span>
  );
}
