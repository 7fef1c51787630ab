import classes from "./withheld.module.css";

/** Stands for a figure that is withheld; opens to the reason. */
export function Withheld({ why }: { why: string }) {
  return (
    <details className={classes.withheld}>
      <summary title={why}>withheld</summary>
      <span className={classes.why}>{why}</span>
    </details>
  );
}
