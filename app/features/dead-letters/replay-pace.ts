/** Letters a minute that a replay may ask for. */
export const RATES = { least: 1, most: 600, usual: 60 } as const;

const SHORTEST_INTERVAL_MS = 10_000;

/**
 * How a replay keeps its rate: so many letters at once, then so long a pause.
 * @param perMinute letters a minute, from 1 to 600
 */
export function paceOf(perMinute: number): { batch: number; everyMs: number } {
  const batch = Math.max(1, Math.floor((perMinute * SHORTEST_INTERVAL_MS) / 60_000));
  return { batch, everyMs: Math.ceil((batch * 60_000) / perMinute) };
}

/** From the first to the last letter that a replay asks for, in milliseconds. */
export function lengthOf(letters: number, perMinute: number): number {
  const { batch, everyMs } = paceOf(perMinute);
  return Math.max(0, Math.ceil(letters / batch) - 1) * everyMs;
}
