import type { Clock } from "~/lib/clock.ts";
import type { Env } from "~/lib/env.server.ts";
import type { Preset } from "~/reliability/retry.server.ts";
import type { Channel } from "./channel.ts";
import { createWebhook } from "./webhook.server.ts";

/** The channels that the environment sets up. */
export function createChannels(
  env: Env,
  deps: {
    clock: Clock;
    /** How often and after what a hiccup is tried again; default: each channel's own preset. */
    retry?: Preset | undefined;
  },
): Channel[] {
  const { WEBHOOK_URL: url, WEBHOOK_SECRET: secret } = env;
  return url && secret ? [createWebhook({ url, secret, ...deps })] : [];
}
