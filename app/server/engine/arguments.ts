import path from "node:path";
import { parseArgs } from "node:util";

const OPTIONS = ["app", "port", "host", "allow-host", "retry-interval", "data"] as const;
type Option = (typeof OPTIONS)[number];

const LONGEST_RETRY_INTERVAL_S = 86_400;
const LOOPBACK_HOSTS = ["127.0.0.1", "::1", "localhost"];

export const USAGE = `Usage: npm run engine -- [--app URL]… [--port 8288] [--host 127.0.0.1] [--allow-host NAME]… [--retry-interval SECONDS] [--data DIR]
  --app URL                 address of an app's serve handler, such as http://localhost:3000/api/inngest; registered as soon as it answers
                            and again whenever its functions change
  --port NUMBER             0 = any free one
  --host HOST               the address to listen on; by default only this machine can reach it
  --allow-host NAME         a name or address by which other machines reach it; needed with a --host that they can reach
  --retry-interval SECONDS  a fixed time before a failed step is tried again, in place of Inngest's backoff
  --data DIR                keep events, runs and registered apps in this folder, over restarts; by default they are gone at the end`;

export type EngineArguments = {
  apps: string[];
  port: number;
  host: string;
  /** Names that the Host header may have beside those of this machine, in lower case. */
  allowedHosts: string[];
  retryIntervalMs: number | undefined;
  /** Absolute; null = a temporary folder. */
  dataDir: string | null;
};

/** Every problem of the command line, and how to use it; `message` is fit to be printed as it is. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What was given, by option, in order; and what is wrong with the form of it. */
function collect(argv: string[]): { given: Record<Option, string[]>; problems: string[] } {
  const { tokens } = parseArgs({
    args: argv,
    strict: false,
    tokens: true,
    options: Object.fromEntries(OPTIONS.map((name) => [name, { type: "string" as const }])),
  });
  const given = Object.fromEntries(OPTIONS.map((name) => [name, [] as string[]])) as Record<
    Option,
    string[]
  >;
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(`"${token.value}" belongs to no option`);
    if (token.kind !== "option") continue;
    const name = OPTIONS.find((option) => option === token.name);
    if (!name) problems.push(`${token.rawName} is not an option`);
    else if (!token.value?.trim() || (!token.inlineValue && token.value.startsWith("--"))) {
      problems.push(`--${name} needs a value`);
    } else given[name].push(token.value.trim());
  }
  for (const name of OPTIONS) {
    if (name === "app" || name === "allow-host" || given[name].length < 2) continue;
    problems.push(`--${name} is given ${given[name].length} times`);
  }
  return { given, problems };
}

function problemsOf(given: Record<Option, string[]>): string[] {
  const problems = given.app
    .filter((url) => !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    .map((url) => `--app ${url} must be a URL such as http://localhost:3000/api/inngest`);
  const [port, host, interval] = [given.port[0], given.host[0], given["retry-interval"][0]];
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65_535)) {
    problems.push(`--port ${port} must be a port number, 0 to 65535`);
  }
  const seconds = Number(interval ?? 1);
  if (!(seconds > 0 && seconds <= LONGEST_RETRY_INTERVAL_S)) {
    problems.push(`--retry-interval ${interval} must be a number of seconds, at most a day`);
  }
  if (host !== undefined && !LOOPBACK_HOSTS.includes(host) && given["allow-host"].length === 0) {
    problems.push(
      `--host ${host} can be reached from other machines, and the engine asks nobody for a key: who reaches it may send events, read every run and make it call any address. ` +
        "If that is meant, name by --allow-host how the other machines call this one; otherwise leave --host out",
    );
  }
  for (const name of given["allow-host"]) {
    if (
      !URL.canParse(`http://${name}`) ||
      new URL(`http://${name}`).hostname !== name.toLowerCase()
    ) {
      problems.push(`--allow-host ${name} must be a name or address alone, without a port`);
    }
  }
  return problems;
}

/**
 * Reads the command line of the engine. Folders are relative to `cwd`.
 * @throws {UsageError} listing every problem
 */
export function parseEngineArguments(argv: string[], cwd: string): EngineArguments {
  const { given, problems: ofForm } = collect(argv);
  const problems = [...ofForm, ...problemsOf(given)];
  if (problems.length > 0) {
    throw new UsageError(`${problems.map((problem) => `- ${problem}`).join("\n")}\n\n${USAGE}`);
  }
  const [data, interval] = [given.data[0], given["retry-interval"][0]];
  return {
    apps: [...new Set(given.app)],
    port: Number(given.port[0] ?? 8288),
    host: given.host[0] ?? "127.0.0.1",
    allowedHosts: given["allow-host"].map((name) => name.toLowerCase()),
    retryIntervalMs: interval === undefined ? undefined : Number(interval) * 1000,
    dataDir: data === undefined ? null : path.resolve(cwd, data),
  };
}
