import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { Inngest, type InngestFunction } from "inngest";
import { serve } from "inngest/node";
import { afterAll, onTestFinished } from "vitest";
import { waitFor } from "./server-process.ts";

const START_TIMEOUT_MS = 60_000;
const silent = { info() {}, warn() {}, error() {}, debug() {} };

export type EngineProcess = {
  /** http://HOST:PORT */
  url: string;
  pid: number;
  output(): string;
  /** Sends a signal; resolves with the exit code, null when the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

function spawnEngine(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", "app/server/engine/main.ts", ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
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

const hasExited = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (!hasExited(child)) {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

async function readyUrl(child: ChildProcess, output: { stdout: string; stderr: string }) {
  const url = await waitFor(
    async () => /ready after .*: (http:\S+)\//.exec(output.stdout)?.[1],
    (found) => found !== undefined || hasExited(child),
    START_TIMEOUT_MS,
  );
  if (url) return url;
  throw new Error(`The engine did not start:\n${output.stdout}${output.stderr}`);
}

/** The engine's command; whatever a test leaves is ended and removed after the file. To be called once, at the top of the file. */
export function enginesOfFile() {
  const children: ChildProcess[] = [];
  const folders: string[] = [];
  const folder = () => {
    const made = mkdtempSync(path.join(os.tmpdir(), "opinion-scope-test-"));
    folders.push(made);
    return made;
  };
  const spawned = (args: string[], env?: Record<string, string>) => {
    // Engines that are killed leave their temporary folders.
    const engine = spawnEngine(args, { TMPDIR: folder(), ...env });
    children.push(engine.child);
    return engine;
  };
  afterAll(async () => {
    await Promise.all(children.map((child) => endOf(child, "SIGKILL")));
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return {
    /** A new folder. */
    folder,
    /** Starts it, on a free port unless told otherwise; throws with everything it printed when it ends instead. */
    async start(args: string[] = [], env?: Record<string, string>): Promise<EngineProcess> {
      const port = args.includes("--port") ? [] : ["--port", "0"];
      const { child, output } = spawned([...port, ...args], env);
      return {
        url: await readyUrl(child, output),
        pid: child.pid ?? 0,
        output: () => output.stdout + output.stderr,
        end: (signal) => endOf(child, signal),
      };
    },
    /** Runs it until it ends by itself. */
    async run(args: string[]) {
      const { child, output } = spawned(args);
      await once(child, "close");
      return { code: child.exitCode, ...output };
    },
  };
}

export type ServedApp = {
  id: string;
  /** Address of its serve handler. */
  url: string;
  /** POSTs that it received. */
  calls: string[];
  /** From now on it has these functions and sends its events to this engine; before, it answers 503. */
  serve(
    engineUrl: string,
    functions: (client: Inngest) => InngestFunction.Any[],
    checkpointing?: boolean,
  ): Inngest;
  /** Has the SDK register its functions out of band, and gives the SDK's answer. */
  register(): Promise<{ status: number; body: { message: string } }>;
};

let apps = 0;

/** An app of unmodified SDK functions, with an id and a port of its own; closed when the test ends. */
export async function startApp(): Promise<ServedApp> {
  apps += 1;
  const id = `shop${apps}`;
  const calls: string[] = [];
  let handler: ReturnType<typeof serve> | null = null;
  const server = createServer((request, response) => {
    if (request.method === "POST") calls.push(request.url ?? "");
    if (handler) return void handler(request, response);
    response.writeHead(503).end("starting");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`;
  return {
    id,
    url,
    calls,
    serve(baseUrl, functions, checkpointing = true) {
      const client = new Inngest({
        id,
        isDev: true,
        baseUrl,
        checkpointing,
        logger: silent,
        internalLogger: silent,
      });
      handler = serve({ client, functions: functions(client) });
      return client;
    },
    async register() {
      const response = await fetch(url, { method: "PUT" });
      return { status: response.status, body: await response.json() };
    },
  };
}

/** `data` of an answer of the engine's API. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
export async function read(engine: { url: string }, target: string): Promise<any> {
  const response = await fetch(`${engine.url}${target}`);
  if (!response.ok) throw new Error(`${target} answered ${response.status}`);
  return (await response.json()).data;
}

/** The first run of an event, once it is in one of these states. */
export function runOf(engine: { url: string }, eventId: string, statuses = ["Completed"]) {
  return waitFor(
    async () => (await read(engine, `/v1/events/${eventId}/runs`))[0],
    (run) => statuses.includes(run?.status),
  );
}
