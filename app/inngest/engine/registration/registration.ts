import { z } from "zod";
import { InvalidInputError, messageOf } from "../http/invalid-input.ts";
import type { EngineOptions, FunctionDefinition, Trigger } from "../types.ts";
import { parseCron } from "./cron.ts";
import {
  clashesWithBatch,
  count,
  duration,
  flowControl,
  optionalExpression,
  toFlowControl,
} from "./flow-control.ts";
import { isTriggerName } from "./triggers.ts";

const DEFAULT_RETRIES = 4;
/** Inngest's default: four retries, five attempts. */
export const DEFAULT_ATTEMPTS = DEFAULT_RETRIES + 1;
const MAX_RETRIES = 20;
const MAX_TRIGGERS = 10;
/** How long an app may take to say what functions it has. */
const ANSWER_LIMIT_MS = 60_000;

/** What an app says of itself; `functions` as the SDK writes them. */
export type Registration = { url: string; appId: string; functions: unknown };

/** Names that the registration has for what `createFunction` calls differently. */
const OPTION_NAMES: [registered: string, option: string][] = [
  ["steps.step.retries.attempts", "retries"],
  ["triggers.expression", "triggers.if"],
  ["cancel", "cancelOn"],
];

const triggerSchema = z
  .strictObject({
    event: z.string().nullish(),
    expression: optionalExpression,
    cron: z.string().nullish(),
    jitter: duration().nullish(),
  })
  .transform(({ event, expression, cron, jitter }, context): Trigger => {
    const refuse = (message: string) => {
      context.issues.push({ code: "custom", message, input: event ?? cron });
      return z.NEVER;
    };
    if (typeof cron === "string") {
      if (expression) return refuse("a cron trigger has no if");
      try {
        return { cron, ...(jitter ? { jitterMs: jitter } : {}), next: parseCron(cron).next };
      } catch (error) {
        return refuse(messageOf(error));
      }
    }
    if (jitter) return refuse("only a cron trigger has a jitter");
    if (typeof event !== "string") return refuse("a trigger has neither an event nor a cron");
    if (!isTriggerName(event)) {
      return refuse(
        `"${event}" is not an event name, or has "*" elsewhere than at its end after "/" or "."`,
      );
    }
    return { event, condition: expression };
  });

const stepSchema = z.looseObject({
  runtime: z
    .looseObject({
      type: z.literal("http", "is not supported by connect; serve the functions over HTTP"),
    })
    .nullish(),
  retries: z.strictObject({ attempts: count(0, MAX_RETRIES).nullish() }).nullish(),
});

const functionSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().nullish(),
  triggers: z.array(triggerSchema).max(MAX_TRIGGERS, `are more than ${MAX_TRIGGERS}`),
  steps: z.strictObject({ step: stepSchema }),
  ...flowControl,
});

const idSchema = z.looseObject({ id: z.string().min(1) });
const replySchema = z.looseObject({ app_id: z.string(), functions: z.array(z.unknown()) });

function optionName(path: PropertyKey[]): string {
  const name = path.filter((key) => typeof key === "string").join(".");
  for (const [registered, option] of OPTION_NAMES) {
    if (name === registered || name.startsWith(`${registered}.`)) {
      return option + name.slice(registered.length);
    }
  }
  return name;
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `option "${optionName([...issue.path, key])}" is not known`)
      : [`option "${optionName(issue.path)}": ${issue.message}`],
  );
}

function readFunction(
  appUrl: string,
  config: unknown,
): { id: string; definition: FunctionDefinition | null; problems: string[] } {
  const id = idSchema.safeParse(config).data?.id ?? "a function without an id";
  const parsed = functionSchema.safeParse(config);
  if (!parsed.success) return { id, definition: null, problems: problemsOf(parsed.error) };
  const { name, triggers, steps, ...options } = parsed.data;
  const problems = clashesWithBatch(options).map(
    (other) => `option "batchEvents" cannot be combined with "${other}"`,
  );
  const definition: FunctionDefinition = {
    id,
    name: name ?? id,
    appUrl,
    triggers,
    maxAttempts: (steps.step.retries?.attempts ?? DEFAULT_RETRIES) + 1,
    ...toFlowControl(options),
  };
  return { id, definition, problems };
}

/**
 * Reads the configurations of an app's functions, as the SDK posts them. Throws one `InvalidInputError` that lists every function and
 * option that is malformed or not known; nothing is ignored.
 */
export function readFunctions(appUrl: string, configs: unknown): Map<string, FunctionDefinition> {
  const list = z.array(z.unknown()).safeParse(configs);
  if (!list.success)
    throw new InvalidInputError(`The app at ${appUrl} gave no list of Inngest functions`);
  const problems: string[] = [];
  const functions = new Map<string, FunctionDefinition>();
  for (const config of list.data) {
    const read = readFunction(appUrl, config);
    problems.push(...read.problems.map((problem) => `${read.id}: ${problem}`));
    if (!read.definition) continue;
    if (functions.has(read.id)) problems.push(`${read.id}: this id is used twice`);
    functions.set(read.id, read.definition);
  }
  if (problems.length === 0) return functions;
  throw new InvalidInputError(
    `The functions of the app at ${appUrl} cannot be registered:\n` +
      `${problems.map((problem) => `- ${problem}`).join("\n")}\n` +
      "Correct these options; until then the app's earlier registration stays as it is.",
  );
}

/**
 * Asks the app for its functions: an in-band `PUT` of the serve handler at `appUrl`. Throws `InvalidInputError` where the answer is not
 * that of an Inngest app.
 */
export async function fetchRegistration(
  options: Pick<EngineOptions, "transport" | "headers">,
  appUrl: string,
): Promise<Registration> {
  const response = await options.transport(
    new Request(appUrl, {
      method: "PUT",
      headers: {
        ...options.headers,
        "content-type": "application/json",
        host: new URL(appUrl).host,
        "x-inngest-sync-kind": "in_band",
      },
      body: JSON.stringify({ url: appUrl }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    }),
  );
  const body = await response.text();
  if (!response.ok || !response.headers.has("x-inngest-sdk")) {
    const cloud = response.status === 401 || body.includes('"internal_server_error"');
    throw new InvalidInputError(
      `${appUrl} did not answer as an Inngest app (status ${response.status}): ${body.slice(0, 300)}` +
        (cloud
          ? " Is it in development mode? Start it with INNGEST_DEV set to this engine's address."
          : ""),
    );
  }
  let reply: unknown;
  try {
    reply = JSON.parse(body);
  } catch {
    throw new InvalidInputError(`${appUrl} did not answer in JSON: ${body.slice(0, 300)}`);
  }
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) {
    throw new InvalidInputError(
      `The list of Inngest functions of ${appUrl} is not readable: ${z.prettifyError(parsed.error)}`,
    );
  }
  return { url: appUrl, appId: parsed.data.app_id, functions: parsed.data.functions };
}
