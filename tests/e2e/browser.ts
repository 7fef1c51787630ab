import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
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

/**
 * A browser for one test file; to be called once, at the top of the file. After each test its pages are closed, and the test fails if one
 * of them had logged an error or a warning, thrown one, or asked another host for anything.
 */
export function browserOfFile() {
  const url = inject("demoUrl");
  let browser: Browser;
  let opened: { page: Page; complaints: string[] }[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    const complaints = opened.flatMap((one) => one.complaints);
    await Promise.all(opened.map(({ page }) => page.context().close()));
    opened = [];
    expect(complaints).toEqual([]);
  });

  /**
   * A page of the demo in a context of its own.
   * @param path what to open
   * @param options of the context; `expected` = the complaints that are the point of the test
   */
  async function open(
    path: string,
    { expected = /^$/, ...options }: BrowserContextOptions & { expected?: RegExp } = {},
  ): Promise<Page> {
    const context = await browser.newContext({ baseURL: url, locale: "de-DE", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints = complaintsOf(page, url, expected);
    opened.push({ page, complaints });
    await page.goto(path);
    if (options.javaScriptEnabled !== false) await hydrated(page);
    return page;
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
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith("data:")) {
      complain(`asked for ${request.url()}`);
    }
  });
  return complaints;
}

/** Waits until the page's own scripts have taken over what the server sent, and its first effects have run. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    Object.keys(document.querySelector("main") ?? {}).some((key) => key.startsWith("__reactProps")),
  );
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
}

/** Waits until the page's main heading is this one. */
export async function arrivedAt(page: Page, heading: string | RegExp): Promise<void> {
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
}
