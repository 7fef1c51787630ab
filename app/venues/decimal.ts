const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
/** What a numeric(65, 36) column keeps exactly. */
const MAX_INTEGER_DIGITS = 29;
const MAX_FRACTION_DIGITS = 36;

/**
 * The same number as a plain decimal without exponent, leading or trailing zeros ("2.50e-3" becomes "0.0025", "-0" becomes "0");
 * every digit is kept. Null for what is no finite decimal, or has more than 29 digits before or 36 after the point.
 */
export function canonicalDecimal(text: string): string | null {
  const [, sign, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  const digits = whole + fraction;
  if (sign === undefined || digits === "") return null;
  if (/^0+$/.test(digits)) return "0";
  const point = whole.length + Number(exponent);
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  const integerPart = padded.slice(0, Math.max(point, 0)).replace(/^0+/, "");
  const fractionPart = padded.slice(Math.max(point, 0)).replace(/0+$/, "");
  if (integerPart.length > MAX_INTEGER_DIGITS || fractionPart.length > MAX_FRACTION_DIGITS) {
    return null;
  }
  const plain = (integerPart || "0") + (fractionPart && `.${fractionPart}`);
  return sign === "-" ? `-${plain}` : plain;
}
