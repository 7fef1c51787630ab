import { fork } from "node:child_process";
import { once } from "node:events";
import type { Order, ProcessOptions, Report } from "./engine-process.ts";

/** The process is gone; what it was asked for may or may not be done. */
export class ProcessGoneError extends Error {}

/** A process that executes the chaos functions. */
export type EngineHost = {
  name: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** When it was killed; null = it was not. */
  killedAt: number | null;
  /** Resolves once it executes; rejects with `ProcessGoneError` when it is killed before. */
  ready: Promise<void>;
  /** Events as the SDK posts them: one seed for all attempts of a request. Rejects with `ProcessGoneError` where the answer is lost. */
  send(body: unknown, seed: string | null): Promise<void>;
  query<Row>(sql: string): Promise<Row[]>;
  /** As in a power cut. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a process; one that ends without having been told to rejects everything with what it printed. */
export function startHost(options: ProcessOptions): EngineHost {
  const child = fork("tests/chaos/engine-process.ts", [JSON.stringify(options)], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const exited = once(child, "exit");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let orders = 0;
  let ended: Error | null = null;
  const ask = (order: Order | "ready") =>
    new Promise<unknown>((resolve, reject) => {
      if (ended) return reject(ended);
      const id = order === "ready" ? 0 : ++orders;
      waiting.set(id, { resolve, reject });
      // The exit tells of a process that is gone.
      if (order !== "ready") child.send({ id, ...order }, () => {});
    });
  child.on("message", (report: Report) => {
    if ("ready" in report) return waiting.get(0)?.resolve(undefined);
    const asked = waiting.get(report.id);
    waiting.delete(report.id);
    if ("failure" in report) asked?.reject(new Error(report.failure));
    else asked?.resolve(report.answer);
  });
  void exited.then(() => {
    ended = host.killedAt
      ? new ProcessGoneError(`${options.name} was killed`)
      : new Error(`${options.name} ended by itself:\n${output}`);
    for (const { reject } of waiting.values()) reject(ended);
  });
  const host: EngineHost = {
    name: options.name,
    startedAt: Date.now(),
    killedAt: null,
    ready: ask("ready").then(() => {}),
    send: async (body, seed) => void (await ask({ do: "send", body, seed })),
    query: async <Row>(sql: string) => (await ask({ do: "query", sql })) as Row[],
    async kill() {
      host.killedAt = Date.now();
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      await ask({ do: "stop" });
      child.disconnect();
      await exited;
    },
  };
  host.ready.catch(() => {});
  return host;
}
