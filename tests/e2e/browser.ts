import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";

const EXECUTABLE = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

type OpenOptions = BrowserContextOptions & {
  /** The complaints that are the point of the test. */
  expected?: RegExp;
  /** Where the server is, when it is not the demo. */
  server?: string;
  /** A page whose context (cookies, storage) the new one shares, as a second tab. */
  beside?: Page;
};

/**
 * A browser for one test file; to be called once, at the top of the file. After each test its pages are closed, and the test fails if one
 * of them had logged an error or a warning, thrown one, or asked another host for anything.
 */
export function browserOfFile() {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let complaintLists: string[][] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    const complaints = complaintLists.flat();
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    complaintLists = [];
    expect(complaints).toEqual([]);
  });

  /** Opens a path on a page, in a context of its own unless told otherwise, and waits until its scripts run. */
  async function open(path: string, options: OpenOptions = {}): Promise<Page> {
    const { expected = /^$/, server = inject("demoUrl"), beside, ...context } = options;
    const page = await (beside?.context() ?? (await newContext(server, context))).newPage();
    page.setDefaultTimeout(10_000);
    complaintLists.push(complaintsOf(page, server, expected));
    await page.goto(path);
    if (context.javaScriptEnabled !== false) await hydrated(page);
    return page;
  }

  async function newContext(baseURL: string, options: BrowserContextOptions) {
    const context = await browser.newContext({ baseURL, locale: "de-DE", ...options });
    contexts.push(context);
    return context;
  }

  return { open };
}

/** Collects, from now on, what a page complains about. */
export function complaintsOf(page: Page, url: string, expected: RegExp): string[] {
  const complaints: string[] = [];
  const complain = (text: string) => {
    if (!expected.test(text)) complaints.push(text);
  };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complain(message.text());
  });
  // Hydration that does not fit arrives here: React reports it as an uncaught error.
  page.on("pageerror", (error) => complain(String(error)));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${url}/`)) {
      complain(`asked for ${request.url()}`);
    }
  });
  return complaints;
}

/** Waits until the page's own scripts have taken over what the server sent, and what its first effects changed is drawn. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    Object.keys(document.querySelector("main") ?? {}).some((key) => key.startsWith("__reactProps")),
  );
  await drawn(page);
}

/** Waits until the browser has drawn what has changed so far. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const next = (frames: number) =>
          requestAnimationFrame(() => (frames > 0 ? next(frames - 1) : setTimeout(resolve)));
        next(2);
      }),
  );
}

/** Waits until the page's main heading is this one. */
export async function arrivedAt(page: Page, heading: string | RegExp): Promise<void> {
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
}

/** The rows of a table, by its name. */
export function rowsOf(page: Page, table: string | RegExp): Locator {
  return page.getByRole("region", { name: table }).locator("tbody tr");
}

/** Waits until the search parameters of the page's address are these and no others. */
export async function searchIs(page: Page, wanted: Record<string, string>): Promise<void> {
  await expect
    .poll(() => Object.fromEntries(new URL(page.url()).searchParams), { timeout: 5_000 })
    .toEqual(wanted);
}

/** A text as a pattern that stands for it. */
export function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
