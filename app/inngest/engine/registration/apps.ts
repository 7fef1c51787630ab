import type { Store } from "../store.ts";
import type { EngineOptions, FunctionDefinition } from "../types.ts";
import { fetchRegistration, type Registration, readFunctions } from "./registration.ts";

type App = { appId: string; functions: Map<string, FunctionDefinition> };

/**
 * The registered apps and their functions, kept in the database beside this process.
 * @param changed is told when functions came or went
 */
export function createApps(
  options: Pick<EngineOptions, "transport" | "headers" | "clock" | "logger">,
  store: Pick<Store, "register" | "removeApp" | "apps">,
  changed: () => void,
) {
  const { clock, logger } = options;
  const apps = new Map<string, App>();
  let functions = new Map<string, FunctionDefinition>();

  function replace(url: string, app: App | null): void {
    // An app has one address: what registers under its id elsewhere is the app that has moved.
    for (const [other, { appId }] of apps)
      if (other === url || appId === app?.appId) apps.delete(other);
    if (app) apps.set(url, app);
    functions = new Map([...apps.values()].flatMap((known) => [...known.functions]));
    changed();
  }

  /** Takes the functions that an app says it has, in place of its earlier ones; throws where an option is malformed. */
  async function registerFunctions(app: Registration): Promise<void> {
    const { url, appId } = app;
    const known = readFunctions(url, app.functions);
    await store.register(app, [...known.values()], clock.now());
    replace(url, { appId, functions: known });
    logger.info({ app: appId, url, functions: [...known.keys()] }, "Inngest functions registered");
  }

  return {
    /** Of all apps, by full id. */
    functions: (): Map<string, FunctionDefinition> => functions,

    /** The full id ("app-function") of a function that may be named without its app. */
    fullId(functionId: string): string {
      if (functions.has(functionId)) return functionId;
      const app = [...apps.values()].find((known) =>
        known.functions.has(`${known.appId}-${functionId}`),
      );
      return app ? `${app.appId}-${functionId}` : functionId;
    },

    registerFunctions,

    /** Asks an app for its functions; throws where it does not answer as one, or an option is malformed. */
    async register(url: string): Promise<void> {
      await registerFunctions(await fetchRegistration(options, url));
    },

    /** Forgets an app; false = there is none. Its runs stay, and fail for want of their function. */
    async remove(url: string): Promise<boolean> {
      const removed = await store.removeApp(url);
      if (removed) replace(url, null);
      return removed;
    },

    /** Takes up the apps that an earlier process registered, other than those known here; one that cannot be read has to register again. */
    async restore(): Promise<void> {
      for (const { url, appId, functions: configs } of await store.apps()) {
        if (apps.has(url)) continue;
        try {
          replace(url, { appId, functions: readFunctions(url, configs) });
        } catch (error) {
          logger.error(
            { err: error, url },
            "A registered app cannot be taken up; register it again",
          );
        }
      }
    },
  };
}

export type Apps = ReturnType<typeof createApps>;
