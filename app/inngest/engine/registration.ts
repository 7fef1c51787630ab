import { z } from "zod";
import { parseCron } from "./cron.ts";
import { parseDuration } from "./duration.ts";
import { functionIdOfExpression, isTriggerName } from "./triggers.ts";
import type { EngineOptions, FunctionDefinition, Trigger } from "./types.ts";

/** Inngest's default: four retries, five attempts. */
const DEFAULT_RETRIES = 4;
const MAX_RETRIES = 20;

/** Names of options in the registration that differ from those in `createFunction`. */
const OPTION_NAMES: Record<string, string> = { cancel: "cancelOn" };
const SUPPORTED = new Set(["id", "name", "triggers", "steps", "concurrency", "timeouts"]);

const limitSchema = z.looseObject({ limit: z.number() });
const functionSchema = z.looseObject({
  id: z.string().min(1),
  triggers: z.array(z.record(z.string(), z.unknown())),
  steps: z.record(
    z.string(),
    z.looseObject({ retries: z.looseObject({ attempts: z.number().optional() }).optional() }),
  ),
  concurrency: z.union([z.number(), limitSchema, z.array(limitSchema)]).optional(),
  timeouts: z.record(z.string(), z.string()).optional(),
});
const replySchema = z.looseObject({ app_id: z.string(), functions: z.array(functionSchema) });
type FunctionConfig = z.infer<typeof functionSchema>;

function readTrigger(config: Record<string, unknown>, problems: string[]): Trigger | null {
  const { cron, event, expression, ...rest } = config;
  for (const key of Object.keys(rest)) problems.push(`trigger option "${key}" is not supported`);
  if (typeof cron === "string") {
    try {
      return { cron, ...parseCron(cron) };
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return null;
    }
  }
  if (typeof event !== "string" || !isTriggerName(event)) {
    problems.push(
      `trigger "${String(event)}" is not an event name, or has "*" elsewhere than at its end`,
    );
    return null;
  }
  if (expression === undefined) return { event, onlyFunctionId: null };
  const onlyFunctionId = functionIdOfExpression(String(expression));
  if (onlyFunctionId === null) {
    problems.push(
      `option "if" of trigger "${event}" is supported only as event.data.function_id == 'id'; check the event inside the function`,
    );
  }
  return { event, onlyFunctionId };
}

function readConcurrency(config: FunctionConfig, problems: string[]): number | null {
  if (config.concurrency === undefined) return null;
  const rules = Array.isArray(config.concurrency) ? config.concurrency : [config.concurrency];
  const limits = rules.map((rule) => {
    if (typeof rule === "number") return rule;
    const { limit, ...rest } = rule;
    for (const [key, value] of Object.entries(rest)) {
      if (key === "scope" && value === "fn") continue;
      problems.push(`option "concurrency.${key}" is not supported`);
    }
    return limit;
  });
  const limit = Math.min(...limits);
  if (!Number.isInteger(limit) || limit < 1) {
    problems.push(`option "concurrency" must be a whole number of at least 1`);
  }
  return limit;
}

function readTimeouts(
  config: FunctionConfig,
  problems: string[],
): Pick<FunctionDefinition, "startTimeoutMs" | "finishTimeoutMs"> {
  const { start, finish, ...rest } = config.timeouts ?? {};
  for (const key of Object.keys(rest)) problems.push(`option "timeouts.${key}" is not supported`);
  const read = (name: string, text: string | undefined): number | null => {
    if (text === undefined) return null;
    const ms = parseDuration(text);
    if (ms === null)
      problems.push(`option "timeouts.${name}": "${text}" is not a duration like "10m"`);
    return ms;
  };
  return { startTimeoutMs: read("start", start), finishTimeoutMs: read("finish", finish) };
}

function readFunction(config: FunctionConfig, problems: string[]): FunctionDefinition {
  const own: string[] = [];
  for (const key of Object.keys(config)) {
    if (!SUPPORTED.has(key)) own.push(`option "${OPTION_NAMES[key] ?? key}" is not supported`);
  }
  const steps = Object.keys(config.steps);
  if (steps.length !== 1 || steps[0] !== "step")
    own.push(`steps "${steps.join(", ")}" are not supported`);
  const retries = config.steps.step?.retries?.attempts ?? DEFAULT_RETRIES;
  if (!Number.isInteger(retries) || retries < 0 || retries > MAX_RETRIES) {
    own.push(`option "retries" must be a whole number from 0 to ${MAX_RETRIES}`);
  }
  const definition: FunctionDefinition = {
    id: config.id,
    triggers: config.triggers
      .map((trigger) => readTrigger(trigger, own))
      .filter((trigger) => trigger !== null),
    maxAttempts: retries + 1,
    concurrency: readConcurrency(config, own),
    ...readTimeouts(config, own),
  };
  problems.push(...own.map((problem) => `${config.id}: ${problem}`));
  return definition;
}

/**
 * Reads the answer to an in-band sync. Throws one error that lists every function and option the engine does not support, and what
 * to do; nothing is ignored.
 */
export function readRegistration(reply: unknown): {
  appId: string;
  functions: Map<string, FunctionDefinition>;
} {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) {
    throw new Error(
      `The app's list of Inngest functions is not readable: ${z.prettifyError(parsed.error)}`,
    );
  }
  const problems: string[] = [];
  const functions = new Map<string, FunctionDefinition>();
  for (const config of parsed.data.functions) {
    if (functions.has(config.id)) problems.push(`${config.id}: this id is used twice`);
    functions.set(config.id, readFunction(config, problems));
  }
  if (problems.length > 0) {
    throw new Error(
      `The embedded engine cannot run these functions:\n${problems.map((problem) => `- ${problem}`).join("\n")}\n` +
        "Change them, or set INNGEST_DEV to use an Inngest server.",
    );
  }
  return { appId: parsed.data.app_id, functions };
}

/** Asks the app for its functions: an in-band `PUT` of the serve handler. Throws where the answer is not that of an Inngest app. */
export async function fetchRegistration(
  options: Pick<EngineOptions, "transport" | "serveUrl" | "headers">,
): Promise<unknown> {
  const response = await options.transport(
    new Request(options.serveUrl, {
      method: "PUT",
      headers: {
        ...options.headers,
        "content-type": "application/json",
        host: new URL(options.serveUrl).host,
        "x-inngest-sync-kind": "in_band",
      },
      body: JSON.stringify({ url: options.serveUrl }),
    }),
  );
  const body = await response.text();
  if (!response.ok || !response.headers.has("x-inngest-sdk")) {
    throw new Error(
      `${options.serveUrl} did not answer as an Inngest app (status ${response.status}): ${body.slice(0, 300)}`,
    );
  }
  return JSON.parse(body);
}
