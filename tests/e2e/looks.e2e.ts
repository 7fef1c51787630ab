import { describe, expect, test } from "vitest";
import { browserOfFile, hydrated } from "./browser.ts";
import { everyPage } from "./every-page.ts";
import { layoutShift } from "./layout-shift.ts";

const { open } = browserOfFile();

/** Notes, before any script of the page, every colour scheme that the page has had since there was something to paint. */
function watchSchemes() {
  const seen: (string | null)[] = [];
  (window as unknown as { schemes: typeof seen }).schemes = seen;
  new MutationObserver(() => {
    if (!document.body) return;
    const scheme = document.documentElement.getAttribute("data-mantine-color-scheme");
    if (seen.at(-1) !== scheme) seen.push(scheme);
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

describe.each([
  { system: "light", chosen: "Dark" },
  { system: "dark", chosen: "Light" },
] as const)("with the system's $system colours", ({ system, chosen }) => {
  test(`pages follow them, and ${chosen} once it is chosen, without a flash of the other`, async () => {
    const page = await open("/syncs", { colorScheme: system });
    const isLight = () =>
      page.evaluate(() => {
        const [red = 0] = getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? [];
        return Number(red) > 128;
      });
    expect(await isLight()).toBe(system === "light");
    const choice = page.getByLabel("Colour scheme");
    await choice.selectOption(chosen);
    await expect.poll(isLight).toBe(chosen === "Light");
    await page.addInitScript(watchSchemes);
    await page.reload();
    await hydrated(page);
    const schemes = await page.evaluate(() => (window as unknown as { schemes: string[] }).schemes);
    expect(schemes).toEqual([chosen.toLowerCase()]);
    expect(await choice.inputValue()).toBe(chosen.toLowerCase());
    await choice.selectOption("System");
    await expect.poll(isLight).toBe(system === "light");
  });
});

test("no page scrolls sideways, from a small phone to a desktop", async () => {
  const page = await open("/");
  for (const path of await everyPage()) {
    for (const width of [390, 320, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      if (width === 390) {
        await page.goto(path);
        await hydrated(page);
      }
      const widest = () => page.evaluate(() => document.documentElement.scrollWidth);
      await expect.poll(widest, { message: `${path} at ${width}` }).toBe(width);
    }
  }
}, 40_000);

describe.each([390, 1280])("%i pixels wide", (width) => {
  test("next to nothing moves while a page comes to life", async () => {
    const page = await open("/", { viewport: { width, height: 844 } });
    for (const path of await everyPage()) {
      await page.goto(path);
      await hydrated(page);
      // Columns find their width while the rows of a long table arrive; 0.1 is what the Web Vitals call good.
      expect(await layoutShift(page), path).toBeLessThan(0.05);
    }
  }, 40_000);
});
