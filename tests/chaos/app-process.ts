import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { DemoVenue } from "../../demo/server.ts";

/** The built app in a process of its own, on an embedded database in `dataDir`, reading `venue` as if it were the real one. */
export type AppProcess = {
  url: string;
  /** The process dies as in a power cut: nothing is closed. */
  kill(): Promise<void>;
  /** As a service manager would stop it; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** What it printed. */
  output(): string;
};

const START_TIMEOUT_MS = 60_000;

export async function startApp(options: {
  dataDir: string;
  venue: DemoVenue;
  apiKey?: string;
  /** Seconds before a failed step is tried again, in place of Inngest's backoff. */
  retryIntervalSeconds?: number;
  env?: Record<string, string>;
}): Promise<AppProcess> {
  const flags = options.retryIntervalSeconds
    ? ["--retry-interval", String(options.retryIntervalSeconds)]
    : [];
  const child = spawn(process.execPath, ["app/server/main.mjs", "start", ...flags], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: "0",
      DATA_DIR: options.dataDir,
      LOG_LEVEL: "warn",
      OPINION_API_URL: options.venue.apiUrl,
      OPINION_FRONTEND_URL: options.venue.frontendUrl,
      OPINION_API_KEY: options.apiKey ?? options.venue.apiKey,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const url = await readyUrl(child, () => output);
  return {
    url,
    kill: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      child.kill("SIGTERM");
      const [code] = await once(child, "exit");
      return code;
    },
    output: () => output,
  };
}

async function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const ready = /ready after .*: (http:\S+)/.exec(output());
    if (ready?.[1]) return ready[1];
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`The app did not start:\n${output()}`);
}
