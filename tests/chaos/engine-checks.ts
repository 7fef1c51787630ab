import type { Effect } from "./engine-effects.ts";
import { groupBy, type History, type RunHistory, stepHash } from "./engine-history.ts";
import { KINDS } from "./engine-kinds.ts";

/** Everything in a history that should not be, a sentence each. */
export function findFaults(history: History): string[] {
  const ofRuns = [
    wrongEnd,
    wrongSteps,
    wrongBodies,
    wrongInputs,
    wrongAttempts,
    wrongInterruptions,
  ];
  return [
    ...wrongNumberOfRuns(history),
    ...history.runs.flatMap((run) =>
      ofRuns.flatMap((check) =>
        check(run, history).map((fault) => `${run.functionId} ${run.n} (${run.id}): ${fault}`),
      ),
    ),
    ...overlaps(history),
    ...history.leftovers.map((left) => `left over: ${left}`),
  ];
}

/** Each event that was taken starts its run once, and that the runs of others, once each. */
function wrongNumberOfRuns({ sent, runs }: History): string[] {
  const balance = new Map<string, number>();
  const add = (functionId: string, n: number, count: number) => {
    const name = `${functionId} ${n}`;
    balance.set(name, (balance.get(name) ?? 0) + count);
  };
  for (const { kind, n } of sent) {
    add(kind, n, 1);
    for (const [child, count] of Object.entries(KINDS[kind]?.starts ?? {})) add(child, n, count);
  }
  for (const { functionId, n } of runs) add(functionId, n, -1);
  return [...balance]
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name}: ${Math.abs(count)} runs too ${count > 0 ? "few" : "many"}`);
}

/** It ends as it should, and nothing of it is executed afterwards. */
function wrongEnd(run: RunHistory, { hosts, stoppedAt }: History): string[] {
  if (run.status !== run.kind.ends) {
    return [`ended as ${run.status}, not ${run.kind.ends}: ${run.error}`];
  }
  const isCancelled = run.status === "cancelled";
  const end = isCancelled ? (stoppedAt.get(run.n) ?? 0) : run.endedAt;
  const startedAt = new Map(hosts.map((host) => [host.name, host.startedAt]));
  const later = run.effects.filter(({ phase, at }) => phase === "begin" && at > end);
  const inLaterProcess = later.filter(({ process }) => (startedAt.get(process) ?? 0) > end);
  // One call may be on its way to the app when the run is cancelled.
  if (later.length <= (isCancelled ? 1 : 0) && inLaterProcess.length === 0) return [];
  return [`${later.length} steps were executed after its end: ${names(later)}`];
}

/** Exactly the steps of the function's code are done, in one order without gaps. */
function wrongSteps(run: RunHistory): string[] {
  const faults: string[] = [];
  const positions = [...run.memos.values()].map(({ position }) => position).sort((a, b) => a - b);
  if (positions.some((position, index) => position !== index)) {
    faults.push(`its steps are done in the order ${positions}`);
  }
  if (run.kind.steps === null) return faults;
  const wanted = [...run.kind.steps, ...(run.kind.others ?? [])];
  const missing = wanted.filter((step) => !run.memos.has(stepHash(step)));
  if (missing.length > 0) faults.push(`not done: ${missing}`);
  if (run.memos.size > wanted.length) faults.push(`${run.memos.size} steps, not ${wanted.length}`);
  return faults;
}

/** A body runs again only because its process was killed or because it threw, and never once its result is stored. */
function wrongBodies(run: RunHistory, { hosts }: History): string[] {
  const killed = new Set(hosts.filter((host) => host.killedAt !== null).map(({ name }) => name));
  const threw = new Set(
    run.effects.filter(({ phase }) => phase === "throw").map(({ token }) => token),
  );
  const faults: string[] = [];
  for (const [step, executions] of executionsOf(run)) {
    const memo = run.memos.get(stepHash(step))?.value as { data?: string; error?: unknown };
    if (executions[0]?.attempt !== 0) faults.push(`${step} begins with another attempt than 0`);
    for (const [index, execution] of executions.entries()) {
      const next = executions[index + 1];
      if (next && execution.token === memo?.data) {
        faults.push(
          `${step} was executed again (${next.token}) after ${execution.token} was stored`,
        );
      }
      if (next) {
        const interrupted =
          next.attempt === execution.attempt &&
          next.process !== execution.process &&
          killed.has(execution.process);
        const retried = next.attempt === execution.attempt + 1 && threw.has(execution.token);
        if (!interrupted && !retried) {
          faults.push(`${step} was executed again for no reason: ${names([execution, next])}`);
        }
      } else if (memo ? memo.data !== execution.token && !memo.error : run.status !== "cancelled") {
        faults.push(`${step} ended with ${JSON.stringify(memo)}, not with ${execution.token}`);
      }
    }
  }
  return faults;
}

/** Whatever the function saw of its steps, in whichever call, is what is stored and what it gave back. */
function wrongInputs(run: RunHistory): string[] {
  const stored = (run.kind.steps ?? []).map(
    (step) => (run.memos.get(stepHash(step))?.value as { data?: string } | undefined)?.data,
  );
  const given =
    run.output ?? [...run.memos.values()].map(({ value }) => (value as { data?: string })?.data);
  const lost = run.output ? stored.filter((token) => !run.output?.includes(token ?? "")) : [];
  const strange = run.effects.filter(({ saw }) => saw.some((value) => !given.includes(value)));
  return [
    ...lost.map((token) => `gave back ${JSON.stringify(run.output)}, without ${token}`),
    ...strange.map(({ step, token, saw }) => `${step} (${token}) saw ${saw}, stored is ${given}`),
  ];
}

/** Each step's attempts are counted from 0 without a gap, an interrupted one is not counted, and each has its execution. */
function wrongAttempts(run: RunHistory): string[] {
  const faults: string[] = [];
  for (const [stepId, rows] of groupBy(run.attempts, (row) => row.step_id)) {
    let number = 0;
    for (const row of rows.filter(({ status }) => status !== "interrupted")) {
      if (row.number !== number) faults.push(`attempt ${row.number} of ${stepId}, not ${number}`);
      number = row.status === "failed" ? row.number + 1 : 0;
    }
  }
  for (const [index, row] of run.attempts.entries()) {
    if (row.status !== "interrupted") continue;
    const next = run.attempts
      .slice(index + 1)
      .find(
        ({ step_id, status }) =>
          status !== "interrupted" && [step_id, "step"].includes(row.step_id),
      );
    if (next && next.number !== row.number) {
      faults.push(`attempt ${row.number} was interrupted, attempt ${next.number} came next`);
    }
  }
  for (const step of run.kind.steps ?? []) {
    const completed = run.attempts.filter(
      ({ step_id, status }) => step_id === stepHash(step) && status === "completed",
    );
    if (completed.length !== 1) faults.push(`${step} has ${completed.length} completed attempts`);
  }
  for (const [step, executions] of executionsOf(run)) {
    const failed = run.attempts.filter(
      ({ step_id, status }) => step_id === stepHash(step) && status === "failed",
    );
    const unseen = failed.filter(
      ({ number }) => !executions.some(({ attempt }) => attempt === number),
    );
    if (unseen.length > 0) faults.push(`${step} has failed attempts that were never executed`);
  }
  return faults;
}

/** What a kill cut off is told as interrupted, and nothing else is. */
function wrongInterruptions(run: RunHistory, { hosts }: History): string[] {
  const interrupted = run.attempts.filter(({ status }) => status === "interrupted");
  const killed = hosts.filter((host) => host.killedAt !== null);
  const groundless = interrupted.filter(
    ({ started_at }) =>
      !killed.some((host) => host.startedAt <= started_at && started_at <= (host.killedAt ?? 0)),
  );
  const finished = new Set(
    run.effects.filter(({ phase }) => phase !== "begin").map(({ token }) => token),
  );
  const cutOff = run.effects.filter(
    ({ phase, token }) => phase === "begin" && !finished.has(token),
  );
  const untold = cutOff.filter(
    ({ at }) => !interrupted.some((row) => row.started_at <= at && at <= row.ended_at),
  );
  return [
    ...groundless.map((row) => `an attempt of ${row.step_id} was interrupted without a kill`),
    // The jobs of a cancelled run are gone, and with them who could tell.
    ...(run.status === "cancelled" ? [] : untold).map(
      ({ step, token }) => `${step} (${token}) was cut off, and no attempt says so`,
    ),
  ];
}

/** Of one concurrency key, one is executed at a time. */
function overlaps({ effects, hosts }: History): string[] {
  const killedAt = new Map(hosts.map((host) => [host.name, host.killedAt]));
  const active = new Map<string, Effect>();
  const faults: string[] = [];
  for (const effect of effects) {
    if (effect.key === null) continue;
    const other = active.get(effect.key);
    if (effect.phase === "begin") {
      const gone = other && killedAt.get(other.process);
      if (other && !(gone && gone <= effect.at)) {
        faults.push(`${effect.key}: executed at once: ${names([other, effect])}`);
      }
      active.set(effect.key, effect);
    } else if (other?.token === effect.token) active.delete(effect.key);
  }
  return faults;
}

/** Executions of each step's body in the order in which they began. */
function executionsOf(run: RunHistory): Map<string, Effect[]> {
  const begun = run.effects.filter(({ phase }) => phase === "begin");
  return groupBy(begun, ({ step }) => step);
}

function names(effects: Effect[]): string {
  return effects
    .map(({ step, token, attempt, runId }) => `${step} ${token} attempt ${attempt} of ${runId}`)
    .join(", ");
}
