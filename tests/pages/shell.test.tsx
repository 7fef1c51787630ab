import { MantineProvider } from "@mantine/core";
import { renderToString } from "react-dom/server";
import {
  createStaticHandler,
  createStaticRouter,
  Outlet,
  type RouteObject,
  StaticRouterProvider,
} from "react-router";
import { beforeEach, expect, test } from "vitest";
import type { UnreadFacts } from "~/components/bell.tsx";
import { ErrorPage } from "~/components/error-page.tsx";
import type { FreshnessFacts } from "~/components/freshness.tsx";
import { NAV_PAGES } from "~/components/nav-pages.ts";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Shell } from "~/components/shell.tsx";
import { NOW, testApp } from "../api/app.tsx";
import { seedSync } from "../api/seed.ts";
import { testDatabase } from "../database.ts";

const FRESH: FreshnessFacts = {
  lastDataAt: new Date(NOW.getTime() - 12_000).toISOString(),
  state: "on-time",
  running: false,
  why: null,
};

const NOTHING_UNREAD: UnreadFacts = { count: 0, grave: false };

const VENUES = [
  { id: "opinion", name: "Opinion.Trade" },
  { id: "other", name: "Other" },
];

type Frame = {
  handle?: PageHandle;
  freshness?: FreshnessFacts;
  unread?: UnreadFacts;
  demo?: boolean;
  loader?: RouteObject["loader"];
};

/** The frame around a page, as the server renders it. */
async function frame(
  path: string,
  { handle, freshness = FRESH, unread = NOTHING_UNREAD, demo = false, loader }: Frame,
) {
  const data = {
    demo,
    writes: "open",
    now: NOW.getTime(),
    frame: { ...freshness, unread },
    venues: VENUES,
  };
  const page = () => <PageHead title="A page" description="Of a test." />;
  const framed = (content: React.ReactNode) => (
    <MantineProvider>
      <Shell>{content}</Shell>
    </MantineProvider>
  );
  const { query, dataRoutes } = createStaticHandler([
    {
      id: "root",
      loader: loader ?? (() => data),
      Component: () => framed(<Outlet />),
      errorElement: framed(<ErrorPage error={new Error("of a test")} />),
      children: [{ path: "*", Component: page, handle }],
    },
  ]);
  const context = await query(new Request(`http://localhost${path}`));
  if (context instanceof Response) throw new Error("a response in place of a page");
  return renderToString(
    <StaticRouterProvider
      router={createStaticRouter(dataRoutes, context)}
      context={context}
      hydrate={false}
    />,
  ).replaceAll("<!-- -->", "");
}

const wordsOf = (html: string) => html.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");

/** The addresses of the links inside the element with that label, by their words. */
function linksIn(html: string, label: string): Record<string, string> {
  const part = html.slice(html.indexOf(`aria-label="${label}"`)).split(/<\/(?:nav|div)>/)[0] ?? "";
  const links = part.matchAll(/<a[^>]*href="([^"]*)"[^>]*>([^<]*)/g);
  return Object.fromEntries(
    [...links].map(([, href = "", words = ""]) => [words, href.replaceAll("&amp;", "&")]),
  );
}

test("the header tells how old the data is", async () => {
  expect(wordsOf(await frame("/", {}))).toContain("Last data 12 s ago");
  const late = { ...FRESH, state: "delayed" as const, why: "Markets: its last good run is older." };
  const html = await frame("/", { freshness: late });
  expect(wordsOf(html)).toContain("Late, data 12 s ago");
  expect(html).toContain("Markets: its last good run is older.");
  const failing = await frame("/", { freshness: { ...FRESH, state: "failing", why: "TIMEOUT" } });
  expect(wordsOf(failing)).toContain("Failing, data 12 s ago");
});

test("before anything was read the header says so, and no age", async () => {
  const never: FreshnessFacts = { lastDataAt: null, state: "never", running: false, why: null };
  expect(wordsOf(await frame("/", { freshness: never }))).toContain("No data yet");
  const first = await frame("/", { freshness: { ...never, running: true } });
  expect(wordsOf(first)).toContain("First sync runs");
  const failing = { ...never, state: "failing" as const, running: true, why: "TIMEOUT" };
  const words = wordsOf(await frame("/", { freshness: failing }));
  expect(words).toContain("A sync is failing");
  expect(words).not.toContain("First sync");
});

test("the switches offer what the page asks for, mark what is chosen, and start the list anew", async () => {
  const handle: PageHandle = {
    venue: true,
    windows: { offered: ["1h", "24h", "7d"], initial: "24h" },
  };
  const html = await frame("/x?venue=other&side=buy&cursor=c", { handle });
  expect(linksIn(html, "Venue")).toEqual({
    "All venues": "/x?side=buy",
    "Opinion.Trade": "/x?venue=opinion&side=buy",
    Other: "/x?venue=other&side=buy",
  });
  expect(linksIn(html, "Time window")).toEqual({
    "Last hour": "/x?venue=other&side=buy&window=1h",
    "24 hours": "/x?venue=other&side=buy",
    "7 days": "/x?venue=other&side=buy&window=7d",
  });
  const chosen = [...html.matchAll(/aria-current="true"[^>]*>([^<]*)/g)].map(([, words]) => words);
  expect(chosen).toEqual(["Other", "24 hours"]);
  expect(await frame("/x", {})).not.toContain('aria-label="Venue"');
});

test("the navigation carries venue and window to the pages that take them, and nothing else", async () => {
  const links = linksIn(await frame("/x?venue=other&window=7d&side=buy", {}), "Main");
  for (const { label, to, venue, windows } of NAV_PAGES) {
    const carried = new URL(links[label] ?? "", "http://localhost");
    expect([label, carried.pathname]).toEqual([label, to]);
    const takesWindow = windows?.offered.includes("7d");
    expect(Object.fromEntries(carried.searchParams)).toEqual({
      ...(venue && { venue: "other" }),
      ...(takesWindow && { window: "7d" }),
    });
  }
});

test("the navigation knows the scope of every page it leads to", async () => {
  // biome-ignore lint/suspicious/noExplicitAny: what a route module exports is the router's business
  const modules = import.meta.glob<any>(
    "../../app/routes/{feed,markets,whales,syncs,runs,dead-letters}.tsx",
  );
  for (const page of NAV_PAGES) {
    const file = page.to === "/" ? "feed" : page.to.slice(1);
    const module = await modules[`../../app/routes/${file}.tsx`]?.();
    const { venue, windows } = module.handle;
    expect([page.to, page.venue, page.windows]).toEqual([page.to, venue, windows]);
  }
});

test("the demo says on every page that nothing is real", async () => {
  expect(wordsOf(await frame("/", { demo: true }))).toContain("nothing here is real");
  expect(wordsOf(await frame("/", {}))).not.toContain("nothing here is real");
});

test("the bell says how much has not been read, and is there when that is not known", async () => {
  expect(await frame("/", {})).toContain('aria-label="Notifications"');
  const some = await frame("/", { unread: { count: 3, grave: true } });
  expect(some).toContain('aria-label="Notifications, 3 unread"');
  const many = await frame("/", { unread: { count: 100, grave: false } });
  expect(many).toContain('aria-label="Notifications, 99+ unread"');
  const loader = () => {
    throw new Error("no database");
  };
  expect(await frame("/", { loader })).toContain('aria-label="Notifications"');
});

test("the frame stands when its own data cannot be read", async () => {
  const html = await frame("/", {
    loader: () => {
      throw new Error("no database");
    },
  });
  expect(wordsOf(html)).toContain("Something went wrong");
  expect(linksIn(html, "Main")).toMatchObject({ Markets: "/markets" });
});

let db: Awaited<ReturnType<typeof testDatabase>>["db"];

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

test("an open page can ask how old the data is", async () => {
  const app = await testApp(db);
  expect((await app.request("/freshness")).json).toMatchObject({
    lastDataAt: null,
    unread: { count: 0, grave: false },
  });
  await seedSync(db, { type: "markets", fetched: 3, startedAt: NOW });
  const { json, headers } = await app.request("/freshness");
  expect(json).toMatchObject({ lastDataAt: NOW.toISOString() });
  expect(headers.get("cache-control")).toBe("no-store");
});
