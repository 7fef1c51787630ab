import { Button, Paper, Stack, TextInput } from "@mantine/core";
import { data, Form, redirect } from "react-router";
import { z } from "zod";
import { Notice } from "~/components/notice.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { servicesContext } from "~/context.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import { guardSource } from "~/middleware/guard.server.ts";
import { isAdminToken, startSession, writesOf } from "~/middleware/session.server.ts";
import type { Route } from "./+types/sign-in";

export const middleware = [guardSource];

const search = z.strictObject({ to: z.string().optional() });

export async function loader({ request, url, context }: Route.LoaderArgs) {
  const { env, clock } = context.get(servicesContext);
  const to = ownPath(parsePageSearch(url, search).to);
  if ((await writesOf(request, env, clock)) !== "sign-in") throw redirect(to);
  return null;
}

export async function action({ request, url, context }: Route.ActionArgs) {
  const { env, clock, logger } = context.get(servicesContext);
  const to = ownPath(parsePageSearch(url, search).to);
  if (!env.ADMIN_TOKEN) throw redirect(to);
  const { token = "" } = await readForm(request);
  if (!isAdminToken(token.trim(), env.ADMIN_TOKEN)) {
    logger.warn("a sign-in with a wrong token was refused");
    return data({ error: "This is not the ADMIN_TOKEN of this server." }, 401);
  }
  return redirect(to, {
    headers: { "Set-Cookie": await startSession(request, env.ADMIN_TOKEN, clock) },
  });
}

/** A path of this server; anything that could lead elsewhere becomes the feed. */
function ownPath(to: string | undefined): string {
  const origin = "http://own.invalid";
  if (!to?.startsWith("/") || !URL.canParse(to, origin)) return "/";
  const target = new URL(to, origin);
  // "/.//elsewhere" stays on this origin, and its path "//elsewhere" leads away.
  if (target.origin !== origin || target.pathname.startsWith("//")) return "/";
  return target.pathname + target.search;
}

export default function SignIn({ actionData }: Route.ComponentProps) {
  return (
    <Stack maw={440} mx="auto" mt="xl">
      <PageHead
        title="Sign in"
        description="Everybody who reaches this server may read; changes need its ADMIN_TOKEN."
      />
      {actionData?.error && (
        <Notice tone="bad" role="alert" title="Not signed in">
          {actionData.error} It stands in the environment that the server was started with.
        </Notice>
      )}
      <Paper withBorder p="md">
        <Form method="post">
          <Stack gap="sm">
            <TextInput
              type="password"
              name="token"
              label="Admin token"
              autoComplete="current-password"
              required
              autoFocus
            />
            <Button type="submit">Sign in</Button>
          </Stack>
        </Form>
      </Paper>
    </Stack>
  );
}
