import { createHash } from "node:crypto";
import {
  fetchRegistration,
  type Registration,
} from "~/inngest/engine/registration/registration.ts";
import type { Engine, EngineLogger, EngineOptions } from "~/inngest/engine/types.ts";

const LOOK_EVERY_MS = 5_000;
/** An app that has not answered yet is usually just starting. */
const RETRY_EVERY_MS = 1_000;
/** A development server may build the app before it answers. */
const ANSWER_WITHIN_MS = 30_000;

type AppState = {
  /** Digest of the functions it last registered. */
  registered: string | null;
  /** What was last said about it, so that it is said once. */
  problem: string | null;
};

/** Digest of the functions that an app registers. */
function digestOf({ functions }: Registration): string {
  return createHash("sha256").update(JSON.stringify(functions)).digest("hex");
}

/**
 * Registers apps as soon as they answer, and again whenever their functions have changed. What keeps one from being registered is logged
 * once; its earlier registration stays.
 * @returns ends it
 */
export function followApps(options: {
  urls: string[];
  engine: Pick<Engine, "register">;
  transport: EngineOptions["transport"];
  logger: EngineLogger;
}): () => void {
  const { engine, logger } = options;
  const transport: EngineOptions["transport"] = (request) =>
    options.transport(new Request(request, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }));
  const stopping = new AbortController();
  const timers = new Set<NodeJS.Timeout>();

  async function look(url: string, state: AppState): Promise<void> {
    try {
      const digest = digestOf(await fetchRegistration({ transport }, url));
      if (stopping.signal.aborted) return;
      if (digest !== state.registered) {
        await engine.register(url);
        state.registered = digest;
      } else if (state.problem !== null) {
        logger.info({ url }, "The app answers again");
      }
      state.problem = null;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem === state.problem || stopping.signal.aborted) return;
      state.problem = problem;
      logger.warn(
        { url },
        state.registered === null
          ? `The app is not registered yet, it is tried again: ${problem}`
          : `The app's registration stays as it was: ${problem}`,
      );
    }
  }

  async function follow(url: string, state: AppState): Promise<void> {
    await look(url, state);
    if (stopping.signal.aborted) return;
    const pause = state.registered === null ? RETRY_EVERY_MS : LOOK_EVERY_MS;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void follow(url, state);
    }, pause).unref();
    timers.add(timer);
  }

  for (const url of options.urls) void follow(url, { registered: null, problem: null });
  return () => {
    stopping.abort();
    for (const timer of timers) clearTimeout(timer);
  };
}
