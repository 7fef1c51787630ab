import { fetchRegistration, readFunctions, readRegistration } from "./registration.ts";
import type { Store } from "./store.ts";
import type { EngineOptions, FunctionDefinition } from "./types.ts";

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

  async function keep(url: string, app: App, configs: unknown): Promise<void> {
    const { appId } = app;
    const definitions = [...app.functions.values()];
    await store.register({ url, appId, functions: configs }, definitions, clock.now());
    replace(url, app);
    logger.info({ app: appId, url, functions: [...app.functions.keys()] }, "Functions registered");
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

    /** Asks an app for its functions; throws where it does not answer as one, or an option is malformed. */
    async register(url: string): Promise<void> {
      const reply = await fetchRegistration(options, url);
      const { configs, ...app } = readRegistration(url, reply);
      await keep(url, app, configs);
    },

    /** Takes the functions that an app sends of itself; throws where an option is malformed. */
    async registerFunctions(app: {
      url: string;
      appName: string;
      functions: unknown;
    }): Promise<void> {
      const { url, appName: appId } = app;
      await keep(url, { appId, functions: readFunctions(url, app.functions) }, app.functions);
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
