/** Ages in milliseconds, as many as quantiles were asked for, and over how long a time they were measured, in milliseconds. */
export type AgeFigures = { ages: number[]; measuredMs: number };

/**
 * How old the newest data was over a window of time: at each moment its age is the time since the answer before it. The quantiles are
 * those of time, not of answers ("for 95 % of the time it was no older than …"), and exact.
 * @param answers when data came, epoch milliseconds, ascending; the one before the window says how old the data was at its beginning.
 *   Before the first of all there was none, so the measure begins with it
 * @param window epoch milliseconds
 * @param quantiles from 0 to 1, ascending
 * @returns null where no time of the window has data
 */
export function dataAges(
  answers: readonly number[],
  window: { from: number; to: number },
  quantiles: readonly number[],
): AgeFigures | null {
  const young: number[] = [];
  const old: number[] = [];
  let measuredMs = 0;
  for (const [place, answer] of answers.entries()) {
    const from = Math.max(window.from, answer);
    const to = Math.min(window.to, answers[place + 1] ?? window.to);
    if (to <= from) continue;
    young.push(from - answer);
    old.push(to - answer);
    measuredMs += to - from;
  }
  if (measuredMs === 0) return null;
  const times = quantiles.map((quantile) => quantile * measuredMs);
  const ages = agesAfter(Float64Array.from(young).sort(), Float64Array.from(old).sort(), times);
  return { ages, measuredMs };
}

/**
 * Each stretch of time spans ages evenly. Walks the ages upwards; the time spent at an age or below grows by as many milliseconds a
 * millisecond as there are stretches around it.
 * @param young ages at which stretches begin, sorted
 * @param old ages at which they end, sorted
 * @param times ascending
 * @returns the least age for each of `times`, so that this much time was spent at it or below
 */
function agesAfter(young: Float64Array, old: Float64Array, times: readonly number[]): number[] {
  const ages: number[] = [];
  let [age, spent, begun, ended] = [0, 0, 0, 0];
  while (ended < old.length && ages.length < times.length) {
    const next = Math.min(young[begun] ?? Number.POSITIVE_INFINITY, old[ended] ?? 0);
    const around = begun - ended;
    const reached = spent + around * (next - age);
    const time = times[ages.length] ?? 0;
    if (around > 0 && time <= reached) {
      ages.push(age + (time - spent) / around);
      continue;
    }
    [age, spent] = [next, reached];
    if (young[begun] === next) begun++;
    else ended++;
  }
  // What rounding has left over is the oldest age of all.
  while (ages.length < times.length) ages.push(old.at(-1) ?? 0);
  return ages;
}
