import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { browserOfFile, hydrated } from "./browser.ts";
import { lowContrast } from "./contrast.ts";
import { layoutShift } from "./layout-shift.ts";

const { open } = browserOfFile();

/** One address of every kind of page, found by its links. */
async function everyPage(page: Page): Promise<string[]> {
  const paths = ["/", "/markets", "/whales", "/syncs"];
  const found: string[] = [];
  for (const [list, prefix] of [
    ["/", "/whales/"],
    ["/", "/markets/"],
    ["/syncs?type=whales", "/syncs/"],
  ]) {
    await page.goto(String(list));
    const href = await page.locator(`main tbody a[href^="${prefix}"]`).first().getAttribute("href");
    found.push(String(href));
  }
  return [...paths, ...found];
}

describe.each(["light", "dark"] as const)("with the system's %s colours", (colorScheme) => {
  test("every page follows them and can be read", async () => {
    const page = await open("/", { colorScheme });
    for (const path of await everyPage(page)) {
      await page.goto(path);
      await hydrated(page);
      const brightness = await page.evaluate(() => {
        const [red = 0] = getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? [];
        return Number(red);
      });
      expect([path, brightness > 128]).toEqual([path, colorScheme === "light"]);
      expect([path, await lowContrast(page)]).toEqual([path, []]);
    }
  });
});

test("a chosen colour scheme stays after a reload", async () => {
  const page = await open("/", { colorScheme: "light" });
  const scheme = () => page.locator("html").getAttribute("data-mantine-color-scheme");
  expect(await scheme()).toBe("light");
  await page.getByLabel("Colour scheme").selectOption("Dark");
  expect(await scheme()).toBe("dark");
  await page.reload();
  await hydrated(page);
  expect(await scheme()).toBe("dark");
  expect(await page.getByLabel("Colour scheme").inputValue()).toBe("dark");
});

test("no page scrolls sideways, from a small phone to a desktop", async () => {
  const page = await open("/");
  for (const path of await everyPage(page)) {
    for (const width of [390, 320, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      if (width === 390) await page.goto(path);
      await hydrated(page);
      const widest = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, widest]).toEqual([path, width]);
    }
  }
});

test("next to nothing moves while a page comes to life", async () => {
  const page = await open("/");
  for (const path of await everyPage(page)) {
    await page.goto(path);
    await hydrated(page);
    // Columns find their width while the rows of a long table arrive; 0.1 is what the Web Vitals call good.
    expect(await layoutShift(page), path).toBeLessThan(0.05);
  }
});
