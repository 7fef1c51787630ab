/** Stands for a figure that is not known: an em dash that says why, never a 0. */
export function Missing({ why }: { why: string }) {
  return (
    <span title={why}>
      <span aria-hidden="true">—</span>
      <span className="visually-hidden">{why}</span>
    </span>
  );
}
