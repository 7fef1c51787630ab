import { z } from "zod";

const LOOPBACK_HOSTS = ["127.0.0.1", "::1", "localhost"];

const port = z
  .string()
  .regex(/^\d{1,5}$/, "must be a port number, 0 to 65535")
  .transform(Number)
  .refine((value) => value <= 65_535, "must be a port number, 0 to 65535");

const exactHttpUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    "must be a URL that begins with http:// or https://",
  );

const httpUrl = exactHttpUrl.transform((value) => value.replace(/\/+$/, ""));

const postgresUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol),
    "must look like postgres://user:password@host:5432/database",
  );

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .refine(
      (value) => value >= minimum && value <= maximum,
      `must be a whole number from ${minimum} to ${maximum}`,
    );

const variables = z.object({
  PORT: port.default(3000),
  HOST: z.string().default("127.0.0.1"),
  ADMIN_TOKEN: z.string().min(16, "must have at least 16 characters").optional(),
  DATA_DIR: z.string().optional(),
  DATABASE_URL: postgresUrl.optional(),
  VENUES: z
    .string()
    .default("opinion")
    .transform((value) => value.split(",").map((name) => name.trim()))
    .pipe(z.array(z.literal("opinion", 'knows only "opinion"')).nonempty()),
  OPINION_API_URL: httpUrl.default("https://openapi.opinion.trade/openapi"),
  OPINION_FRONTEND_URL: httpUrl.default("https://proxy.opinion.trade:8443/api/bsc/api/v2"),
  OPINION_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
    .optional(),
  OPINION_REQUESTS_PER_SECOND: wholeNumber(1, 1000).optional(),
  INNGEST_DEV: z.string().optional(),
  INNGEST_BASE_URL: httpUrl.optional(),
  INNGEST_EVENT_KEY: z.string().optional(),
  INNGEST_SIGNING_KEY: z.string().optional(),
  SLOW_QUERY_MS: wholeNumber(0, 3_600_000).default(500),
  WEBHOOK_URL: exactHttpUrl.optional(),
  WEBHOOK_SECRET: z.string().min(16, "must have at least 16 characters").optional(),
  ACTIVITY_RETENTION_DAYS: wholeNumber(0, 36_500).default(90),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "must be one of fatal, error, warn, info, debug, trace, silent",
    })
    .default("info"),
});

export type Env = Readonly<
  z.output<typeof variables> & {
    /** "demo" syncs from the demo venue, "live" from the real ones; a data folder belongs to one of them for ever. */
    world: "demo" | "live";
    DATA_DIR: string;
    /** HOST is reachable from this machine only. */
    loopback: boolean;
    /** An Inngest server does the work; false = the embedded engine. */
    externalInngest: boolean;
  }
>;

/** Every problem of the environment at once; `message` is fit to be printed as it is. */
export class EnvironmentError extends Error {
  override name = "EnvironmentError";
  constructor(readonly problems: string[]) {
    super(
      `The environment has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${problems
        .map((problem) => `  - ${problem}`)
        .join("\n")}\nEvery variable is described in .env.example.`,
    );
  }
}

/**
 * Reads the environment once. A blank variable counts as unset. In the demo world venue addresses and keys are ignored.
 * @throws {EnvironmentError} listing every malformed variable and what to do about it
 */
export function parseEnv(source: Record<string, string | undefined>, world: Env["world"]): Env {
  const given = Object.fromEntries(
    Object.entries(source).filter(
      ([name, value]) =>
        value?.trim() && !(world === "demo" && /^(OPINION|POLYMARKET)_/.test(name)),
    ),
  );
  const parsed = variables.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`);
  const loopback = LOOPBACK_HOSTS.includes(given.HOST ?? "127.0.0.1");
  if (!loopback && !given.ADMIN_TOKEN) {
    problems.push(
      `ADMIN_TOKEN must be set, because HOST=${given.HOST} can be reached from other machines: choose a secret of at least 16 characters, or leave HOST unset`,
    );
  }
  if (given.WEBHOOK_URL && !given.WEBHOOK_SECRET) {
    problems.push(
      "WEBHOOK_SECRET must be set with WEBHOOK_URL, because deliveries are signed with it: choose a secret of at least 16 characters and tell it to the receiver",
    );
  }
  if (!parsed.success || problems.length > 0) throw new EnvironmentError(problems);
  const env = parsed.data;
  return Object.freeze({
    ...env,
    world,
    DATA_DIR: env.DATA_DIR ?? `.data/${world}`,
    loopback,
    externalInngest: usesInngestServer(env),
  });
}

function usesInngestServer(env: z.output<typeof variables>): boolean {
  if (env.INNGEST_DEV !== undefined && !/^(0|false)$/i.test(env.INNGEST_DEV)) return true;
  return Boolean(env.INNGEST_BASE_URL || env.INNGEST_EVENT_KEY || env.INNGEST_SIGNING_KEY);
}
