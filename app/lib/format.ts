// One locale for server and browser: other ones would make the browser's first render differ from the server's.
const LOCALE = "en-US";

const atMostTwoDigits = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const twoDigits = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const priceDigits = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 3,
  maximumFractionDigits: 4,
});
const wholeNumbers = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });

/**
 * An exact decimal string for reading, with two decimals, so that a column of them aligns: "1234567.891" as "1,234,567.89"; what would
 * round to 0 keeps its sign as "<0.01".
 */
export function formatAmount(decimal: string): string {
  const text = twoDigits.format(decimal as Intl.StringNumericLiteral);
  if (text !== "0.00" && text !== "-0.00") return text;
  return /[1-9]/.test(decimal) ? (decimal.startsWith("-") ? ">-0.01" : "<0.01") : "0.00";
}

/** An amount that somebody chose, without decimals that say nothing: "1000" as "1,000". */
export function formatRoundAmount(decimal: string): string {
  return atMostTwoDigits.format(decimal as Intl.StringNumericLiteral);
}

/** A price of 0 to 1 with three or four decimals: venues price in thousandths, now and then finer. */
export function formatPrice(decimal: string): string {
  const text = priceDigits.format(decimal as Intl.StringNumericLiteral);
  return text === "0.000" && /[1-9]/.test(decimal) ? "<0.0001" : text;
}

/** A count with thousands separators. */
export function formatCount(count: number): string {
  return wholeNumbers.format(count);
}

const UNITS = [
  { ms: 86_400_000, name: "d" },
  { ms: 3_600_000, name: "h" },
  { ms: 60_000, name: "min" },
  { ms: 1_000, name: "s" },
] as const;

/** A length of time in its largest unit: 90,000 ms as "1 min"; below a second as milliseconds. */
export function formatDuration(ms: number): string {
  const length = Math.abs(ms);
  const unit = UNITS.find((candidate) => length >= candidate.ms);
  const text = unit
    ? `${wholeNumbers.format(Math.floor(length / unit.ms))} ${unit.name}`
    : `${length} ms`;
  return ms < 0 ? `-${text}` : text;
}

/** How long something took, in two units at most: "240 ms", "1.4 s", "3 min 20 s", "2 h 5 min". */
export function formatElapsed(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  const [large, small] =
    seconds < 3_600
      ? [`${Math.floor(seconds / 60)} min`, `${seconds % 60} s`]
      : [`${Math.floor(seconds / 3_600)} h`, `${Math.floor((seconds % 3_600) / 60)} min`];
  return small.startsWith("0 ") ? large : `${large} ${small}`;
}

/** How long ago or ahead a moment is, both in epoch milliseconds: "12 s ago", "in 3 min", "now". */
export function formatRelative(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 1_000) return "now";
  return ms > 0 ? `${formatDuration(ms)} ago` : `in ${formatDuration(-ms)}`;
}

/** An ISO UTC time for reading: "2026-01-31 12:00:00 UTC". */
export function formatUtc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** As `formatUtc` without the seconds, for tables: "2026-01-31 12:00Z". */
export function formatUtcShort(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`;
}

/** A size for reading: "812 B", "18.2 kB", "340 kB", "3.4 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 100_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Words with an end: a full stop where they have none. */
export function sentence(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`;
}

/** A wallet address in brief: "0x1234…cdef". */
export function shortAddress(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}
