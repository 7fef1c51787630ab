import { canonicalDecimal } from "./decimal.ts";

/** A string, to be passed over whole, or a number. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** A number long enough to lose digits as a double, or one whose exponent may take it out of a double's range. */
const MAY_LOSE_DIGITS = /[:[,]\s*-?(?:[\d.]{16,}|[\d.]+[eE])/;

/**
 * `JSON.parse`, except that a number that a double cannot hold exactly (an integer beyond 2^53, a fraction of more than 17 digits)
 * comes as a string of the digits that were sent.
 * @throws SyntaxError as `JSON.parse` does
 */
export function parseJsonLosslessly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!MAY_LOSE_DIGITS.test(text)) return value;
  return JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) =>
      token.startsWith('"') || survives(token) ? token : `"${token}"`,
    ),
  );
}

function survives(token: string): boolean {
  const shown = String(Number(token));
  const sent = canonicalDecimal(token);
  return shown === token || (sent !== null && sent === canonicalDecimal(shown));
}
