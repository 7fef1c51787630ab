/**
 * Exact decimals: a whole number (bigint) and its scale, the number of decimals. 1.25 is 125n at scale 2.
 */

/** With all decimals of the scale: `fixed(290n, 4)` is "0.0290". */
export function fixed(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const sign = value < 0n ? "-" : "";
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Without trailing zeros: `plain(290n, 4)` is "0.029", `plain(0n, 4)` is "0". */
export function plain(value: bigint, scale: number): string {
  const text = fixed(value, scale);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
