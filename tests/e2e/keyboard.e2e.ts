import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { arrivedAt, browserOfFile } from "./browser.ts";

const { open } = browserOfFile();

/** What has the focus, by its accessible name ("" = the page itself); fails if one cannot see where the focus is. */
async function focused(page: Page): Promise<string> {
  const { name, visible } = await page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
    if (element === document.body) return { name: "", visible: true };
    const text = (element.labels?.[0] ?? element).textContent?.trim() ?? "";
    const box = element.getBoundingClientRect();
    const inView =
      box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const field = element.matches("input, select");
    return {
      name: element.getAttribute("aria-label") ?? text.slice(0, 80),
      // The kit marks a field by the colour of its border.
      visible: inView && (field || getComputedStyle(element).outlineStyle !== "none"),
    };
  });
  expect(visible, `the focus on "${name}" can be seen`).toBe(true);
  return name;
}

/** Presses Tab until something of that name has the focus. */
async function tabTo(page: Page, wanted: string | RegExp): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 60) {
    await page.keyboard.press("Tab");
    const name = await focused(page);
    if (typeof wanted === "string" ? name === wanted : wanted.test(name)) return;
    passed.push(name);
  }
  throw new Error(`${wanted} is not reached by Tab; passed: ${passed.join(", ")}`);
}

test("the first Tab offers to skip the navigation", async () => {
  const page = await open("/");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => !!document.activeElement?.closest("main"))).toBe(true);
});

test("a wallet is followed and unfollowed with the keyboard alone", async () => {
  const page = await open("/");
  await tabTo(page, "Whales");
  await page.keyboard.press("Enter");
  await arrivedAt(page, "Whales");
  await tabTo(page, /^Wallet address/);
  await page.keyboard.type(`0x${"cd".repeat(20)}`);
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Label (optional)");
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/whales\/\d+$/);
  await arrivedAt(page, "By keyboard");
  await tabTo(page, "Unfollow");
  await page.keyboard.press("Space");
  await page.getByText("Not followed").waitFor();
});

test("every page is reached, and a wide table scrolled, with the keyboard alone", async () => {
  const page = await open("/", { viewport: { width: 390, height: 800 } });
  for (const name of ["Markets", "Whales", "Syncs", "Feed"]) {
    await tabTo(page, name);
    await page.keyboard.press("Enter");
    await arrivedAt(page, name);
  }
  await tabTo(page, "Newest trades");
  const table = page.getByRole("region", { name: "Newest trades" });
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => table.evaluate((box) => box.scrollLeft)).toBeGreaterThan(0);
});
