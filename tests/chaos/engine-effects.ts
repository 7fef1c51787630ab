import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** What the body of a step did, in the order of the file; it outlives the process that wrote it. */
export type Effect = {
  phase: "begin" | "end" | "throw";
  /** Of one execution of a step's body; it is what the step gives back. */
  token: string;
  /** Name of the process that executed it. */
  process: string;
  /** Epoch milliseconds. */
  at: number;
  functionId: string;
  runId: string;
  /** Number of the event that all began with. */
  n: number;
  /** The step's id in the function's code. */
  step: string;
  attempt: number;
  /** Results of earlier steps, as the function had them. */
  saw: string[];
  /** What must not be executed at the same time as another of its kind. */
  key: string | null;
};

type Execution = Omit<Effect, "phase" | "token" | "process" | "at">;

/** Writes down what the steps of a process do. */
export type EffectLog = {
  /** @returns the token of this execution */
  begin(execution: Execution): string;
  finish(token: string, phase: "end" | "throw"): void;
};

/** Appends to a file shared by all processes; a line is there as soon as the call returns, whatever happens to the process then. */
export function openEffectLog(file: string, process: string): EffectLog {
  const handle = openSync(file, "a");
  const open = new Map<string, Execution>();
  let count = 0;
  const write = (effect: Effect) => writeSync(handle, `${JSON.stringify(effect)}\n`);
  return {
    begin(execution) {
      const token = `${process}.${++count}`;
      open.set(token, execution);
      write({ phase: "begin", token, process, at: Date.now(), ...execution });
      return token;
    },
    finish(token, phase) {
      const execution = open.get(token);
      if (!execution) throw new Error(`No execution ${token} has begun.`);
      open.delete(token);
      write({ phase, token, process, at: Date.now(), ...execution });
    },
  };
}

/** Reads on in the file at each call; everything so far is kept in `all`. */
export function followEffects(file: string): { all: Effect[]; read(): Effect[] } {
  const all: Effect[] = [];
  const buffer = Buffer.alloc(1 << 20);
  let position = 0;
  return {
    all,
    read() {
      const handle = openSync(file, "r");
      try {
        while (true) {
          const length = readSync(handle, buffer, 0, buffer.length, position);
          const whole = buffer.lastIndexOf("\n", length - 1) + 1;
          if (length === 0 || whole === 0) return all;
          for (const line of buffer.toString("utf8", 0, whole - 1).split("\n")) {
            all.push(JSON.parse(line) as Effect);
          }
          position += whole;
        }
      } finally {
        closeSync(handle);
      }
    },
  };
}
