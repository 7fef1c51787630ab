import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { parseEnv } from "node:util";
import { buildIfChanged } from "../../app/server/build.mjs";

const START_TIMEOUT_MS = 60_000;

/** The built server in a process of its own. */
export type ServerProcess = {
  /** http://HOST:PORT, without a slash at the end. */
  url: string;
  pid: number;
  /** Milliseconds from the spawn until it said that it is ready. */
  readyAfterMs: number;
  /** Sends a signal; resolves with the exit code (null when the signal killed it) and the time that took, in milliseconds. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
  output(): string;
};

export type ServerOptions = {
  mode?: string;
  env: Record<string, string>;
  /** Seconds before a failed step is tried again, in place of Inngest's backoff. */
  retryIntervalSeconds?: number;
};

/**
 * Starts the server, on a free port unless told otherwise, and waits until it is ready.
 * @throws with everything it printed when it ends instead
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const startedAt = performance.now();
  const { child, output } = spawnServer(options);
  const url = await readyUrl(child, output);
  return {
    url,
    pid: child.pid ?? 0,
    readyAfterMs: performance.now() - startedAt,
    end: (signal) => endOf(child, signal),
    output: () => output.stdout + output.stderr,
  };
}

/** Runs the server until it ends, by itself or by a SIGTERM sent once it has printed `stopAt`. */
export async function runServer(options: ServerOptions & { stopAt?: string }) {
  const { child, output } = spawnServer(options);
  const { stopAt } = options;
  child.stdout.on("data", () => {
    if (stopAt && output.stdout.includes(stopAt) && !child.killed) child.kill("SIGTERM");
  });
  const deadline = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
  await once(child, "close");
  clearTimeout(deadline);
  return { code: child.exitCode, ...output };
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals) {
  const asked = performance.now();
  if (!hasExited(child)) {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
  return { code: child.exitCode, ms: performance.now() - asked };
}

const BUILD_LOCK = "tests/.cache/building";
export const BUILD_TIMEOUT_MS = 120_000;

/** Builds what has changed; test files that run at the same time wait for each other, as they share the one build folder. */
export async function buildOnce(): Promise<void> {
  mkdirSync(path.dirname(BUILD_LOCK), { recursive: true });
  while (!tryLock()) await pause(200);
  try {
    await buildIfChanged(process.cwd());
  } finally {
    rmSync(BUILD_LOCK, { recursive: true, force: true });
  }
}

function tryLock(): boolean {
  try {
    mkdirSync(BUILD_LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const made = statSync(BUILD_LOCK, { throwIfNoEntry: false })?.mtimeMs;
  // Left behind by a run that was killed.
  if (made && Date.now() - made > BUILD_TIMEOUT_MS) rmSync(BUILD_LOCK, { recursive: true });
  return false;
}

function spawnServer({ mode = "start", env, retryIntervalSeconds }: ServerOptions) {
  const flags = retryIntervalSeconds ? ["--retry-interval", String(retryIntervalSeconds)] : [];
  const child = spawn(process.execPath, ["app/server/main.mjs", mode, ...flags], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...blankedOut(), PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text: string) => {
      output[name] += text;
    });
  }
  return { child, output };
}

/** The variables of the developer's own .env as blank ones, so that the server does not take them from there. */
function blankedOut(): Record<string, string> {
  if (!existsSync(".env")) return {};
  return Object.fromEntries(
    Object.keys(parseEnv(readFileSync(".env", "utf8"))).map((name) => [name, ""]),
  );
}

async function readyUrl(child: ChildProcess, output: { stdout: string; stderr: string }) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !hasExited(child)) {
    const ready = /ready after .*: (http:\S+)\//.exec(output.stdout)?.[1];
    if (ready) return ready;
    await pause(20);
  }
  child.kill("SIGKILL");
  throw new Error(`The server did not start:\n${output.stdout}${output.stderr}`);
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export type Answer = {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
  bytes: number;
};

/** One request exactly as given: any method, any Host header, any path, nothing followed or decompressed. */
export function ask(
  url: string,
  options: {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string;
  } = {},
): Promise<Answer> {
  const { method = "GET", path: target = "/", headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, path: target, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const received = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Answer["headers"],
          text: received.toString("utf8"),
          bytes: received.length,
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The options of `ask` for a POST of JSON. */
export function postJson(target: string, body: unknown, headers: Record<string, string> = {}) {
  return {
    method: "POST",
    path: target,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/**
 * Reads JSON until it is as wanted.
 * @throws with the last reading when that does not happen in time
 */
export async function waitFor<Value>(
  read: () => Promise<Value>,
  wanted: (value: Value) => boolean,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  while (true) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > deadline) {
      throw new Error(`Not as wanted after ${timeoutMs} ms: ${JSON.stringify(value)}`);
    }
    await pause(100);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
export async function dataOf(url: string, target: string): Promise<any> {
  const { text } = await ask(url, { path: target });
  return JSON.parse(text).data;
}

/** The words of a page, without its markup. */
export async function wordsOf(url: string, target: string): Promise<string> {
  const { status, text } = await ask(url, { path: target });
  if (status !== 200) throw new Error(`${target} answered ${status}: ${text}`);
  const [, body = ""] = /<main[^>]*>(.*)<\/main>/s.exec(text) ?? [];
  return body
    .replaceAll("<!-- -->", "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
