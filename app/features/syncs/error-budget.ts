/** Runs of a job within a window of time: how many ended after some work, and how many of those completed. */
export type Outcomes = { ended: number; completed: number };

/** How many of the runs may fail, how many have, and the share of the allowance that is left, 0 to 1. */
export type ErrorBudget = { allowed: number; used: number; left: number };

/** So many more runs have to end before one failure is within the objective at all. */
export type TooFewRuns = { has: number; needs: number };

/**
 * The error budget of a job: the failures its objective allows among the runs there were.
 * @param objective percent of runs that should complete, a whole number from 0 to 99
 * @returns `TooFewRuns` where the runs are so few that the first failure would break the objective
 */
export function errorBudget(
  objective: number,
  { ended, completed }: Outcomes,
): ErrorBudget | TooFewRuns {
  const allowed = Math.floor((ended * (100 - objective)) / 100);
  if (allowed === 0) return { has: ended, needs: Math.ceil(100 / (100 - objective)) };
  const used = ended - completed;
  return { allowed, used, left: Math.max(0, 1 - used / allowed) };
}
