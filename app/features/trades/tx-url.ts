const EXPLORERS: Record<string, string | undefined> = { opinion: "https://bscscan.com/tx/" };

/**
 * Where a transaction can be looked up, by venue; null where the hash is not one of its chain, as every hash of the demo venue.
 * @param demo the trades come from the simulated exchange
 */
export function txUrlOf(
  { venue, txHash }: { venue: string; txHash: string },
  demo: boolean,
): string | null {
  const explorer = EXPLORERS[venue];
  if (demo || !explorer || !/^0x[0-9a-fA-F]{64}$/.test(txHash)) return null;
  return explorer + txHash;
}
