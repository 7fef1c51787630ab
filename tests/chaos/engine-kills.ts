import { setTimeout as sleep } from "node:timers/promises";
import type { EngineHost } from "./engine-host.ts";
import {
  runSession,
  type Session,
  type SessionOptions,
  type SessionResult,
} from "./engine-session.ts";

/** A process is killed after so many beginnings and ends of bodies at most, for each run that it may start, or when nothing has happened for so long. */
const MOST_EFFECTS_PER_RUN = 16;
const QUIET_MS = 400;
/** A busy machine takes its time for the first of them. */
const LONGEST_LIFE_MS = 5_000;
const LOOK_EVERY_MS = 2;
/** Some are killed before they execute anything: while they open the database and register. */
const STARTING_SHARE = 0.15;
const STARTING_MS = 1_500;
const LEASE_MS = 2_000;
/** Bodies that the third process has begun at most when it is killed. */
const MOST_OF_THIRD = 200;

type Options = Omit<SessionOptions, "leaseMs"> & { log(line: string): void };

/** One process after the other executes the runs, each killed at a random moment but the last. */
export function runKills(options: Options & { kills: number }): Promise<SessionResult> {
  const { runs, kills, log } = options;
  return runSession({ ...options, leaseMs: LEASE_MS }, async (session) => {
    const { traffic, effects } = session;
    for (let kill = 1; kill <= kills; kill++) {
      await killSoon(session, Math.ceil(runs / (kills + 1)), kill > 1);
      log(`kill ${kill}: ${traffic.sent.length} runs sent, ${effects().length} effects`);
    }
    const last = session.start();
    await last.ready;
    await traffic.sendTo(last, runs);
    return last;
  });
}

/** Two processes on one Postgres share the runs with a third that is killed in the middle of them. */
export function runSharing(options: Options & { databaseUrl: string }): Promise<SessionResult> {
  const { runs, log } = options;
  return runSession(
    { ...options, leaseMs: LEASE_MS },
    async ({ start, random, traffic, effects }) => {
      const first = start();
      // It makes the tables.
      await first.ready;
      const second = start();
      const third = start();
      await Promise.all([second.ready, third.ready]);
      const enough = random.int(1, MOST_OF_THIRD);
      const begun = () =>
        effects().filter(({ process, phase }) => process === third.name && phase === "begin")
          .length;
      const killing = (async () => {
        while (begun() < enough) await sleep(LOOK_EVERY_MS);
        await third.kill();
        log(`the third was killed after ${begun()} bodies`);
      })();
      await Promise.all([
        killing,
        ...[first, second, third].map((host) => traffic.sendTo(host, runs)),
      ]);
      return first;
    },
  );
}

/** Starts a process, which may start at most so many runs, and kills it. */
async function killSoon(session: Session, runs: number, mayDieStarting: boolean): Promise<void> {
  const { random, traffic, effects } = session;
  const host: EngineHost = session.start();
  if (mayDieStarting && random.chance(STARTING_SHARE)) {
    await Promise.race([sleep(random.between(0, STARTING_MS)), host.ready]);
    return host.kill();
  }
  await host.ready;
  const sending = traffic.sendTo(host, runs);
  await untilBusy(effects, random.int(0, runs * MOST_EFFECTS_PER_RUN));
  await host.kill();
  await sending;
}

/** Waits for so many further effects, or until there are none any more. */
async function untilBusy(effects: Session["effects"], wanted: number): Promise<void> {
  const before = effects().length;
  const deadline = Date.now() + LONGEST_LIFE_MS;
  let last = { count: before, at: deadline };
  while (last.count - before < wanted && Date.now() < Math.min(deadline, last.at + QUIET_MS)) {
    await sleep(LOOK_EVERY_MS);
    const count = effects().length;
    if (count > last.count) last = { count, at: Date.now() };
  }
}
