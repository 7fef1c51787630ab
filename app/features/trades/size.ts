/** A class of trades by the value of one fill. */
type SizeTier = {
  /** Smallest amount that belongs to it, in the quote token (a dollar coin). */
  from: number;
  /** Short, for a badge. */
  name: string;
  /** 1 for the smallest tier. */
  level: 1 | 2 | 3;
};

/** Largest first; the database keeps an index of the trades of each (`trade_traded_at_id_1k_idx`, …). */
export const SIZE_TIERS: readonly SizeTier[] = [
  { from: 100_000, name: "100k+", level: 3 },
  { from: 10_000, name: "10k+", level: 2 },
  { from: 1_000, name: "1k+", level: 1 },
];

/** The largest tier whose trades include every trade of at least this amount (an exact decimal); null below all of them. */
export function sizeTierOf(amount: string | null): SizeTier | null {
  if (amount === null || amount.startsWith("-")) return null;
  // Whole units decide, so an amount a hair below a bound is not rounded up to it.
  const whole = BigInt(amount.split(".")[0] || "0");
  return SIZE_TIERS.find(({ from }) => whole >= BigInt(from)) ?? null;
}

/**
 * What part of a market's volume of 24 hours one trade is, for a person: "3.2 %"; null where the volume is not known or none.
 * @param amount exact decimal, as is `volume24h`
 */
export function shareOfVolume(amount: string, volume24h: string | null): string | null {
  const share = Number(amount) / Number(volume24h ?? 0);
  if (!Number.isFinite(share) || share <= 0) return null;
  if (share < 0.001) return "<0.1 %";
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
