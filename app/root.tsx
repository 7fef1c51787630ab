import { ColorSchemeScript, MantineProvider, mantineHtmlProps } from "@mantine/core";
import type { ReactNode } from "react";
import { Links, Meta, Outlet, Scripts, ScrollRestoration, useRouteLoaderData } from "react-router";
import type { Route } from "./+types/root";
import "./app.css";
import { ErrorPage } from "~/components/error-page.tsx";
import { LiveUpdates } from "~/components/live.tsx";
import { useNonce } from "~/components/nonce.ts";
import { NowProvider } from "~/components/now.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { Shell } from "~/components/shell.tsx";
import { theme, themeCss } from "~/components/theme.ts";
import { routeMatchedContext, servicesContext } from "~/context.ts";
import { writesOf } from "~/middleware/session.server.ts";

export const middleware: Route.MiddlewareFunction[] = [
  ({ pattern, context }) => context.get(routeMatchedContext)(pattern),
];

export const handle: PageHandle = { live: ["notifications"] };

export async function loader({ request, context }: Route.LoaderArgs) {
  const { env, clock, frame, venues } = context.get(servicesContext);
  const now = clock.now();
  const [writes, { openLetters, ...facts }] = await Promise.all([
    writesOf(request, env, clock),
    frame(now),
  ]);
  return {
    demo: env.world === "demo",
    writes,
    now,
    requestKey: crypto.randomUUID(),
    frame: facts,
    openLetters,
    venues: venues.map(({ id, name }) => ({ id, name })),
  };
}

export function Layout({ children }: { children: ReactNode }) {
  const root = useRouteLoaderData<typeof loader>("root");
  const nonce = useNonce();
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <ColorSchemeScript nonce={nonce} defaultColorScheme="auto" />
        <Meta />
        <Links nonce={nonce} />
      </head>
      <body>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of our own */}
        <style nonce={nonce} dangerouslySetInnerHTML={{ __html: themeCss }} />
        <MantineProvider
          theme={theme}
          defaultColorScheme="auto"
          getStyleNonce={() => nonce ?? ""}
          withCssVariables={false}
          withGlobalClasses={false}
        >
          <NowProvider ofServer={root?.now ?? null}>
            <Shell>{children}</Shell>
            <LiveUpdates />
          </NowProvider>
        </MantineProvider>
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

export default function Root() {
  return <Outlet />;
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  return <ErrorPage error={error} />;
}
