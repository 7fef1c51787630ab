import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { arrivedAt, browserOfFile, hydrated, rowsOf } from "./browser.ts";

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
  for (const name of ["Markets", "Whales", "Syncs", "Runs"]) {
    await tabTo(page, name);
    await page.keyboard.press("Enter");
    await arrivedAt(page, name);
  }
  // From here the navigation is a long list away.
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await arrivedAt(page, "Feed");
  await tabTo(page, "Newest trades");
  const table = page.getByRole("region", { name: "Newest trades" });
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => table.evaluate((box) => box.scrollLeft)).toBeGreaterThan(0);
});

test("/ searches from anywhere, and Enter opens what was found", async () => {
  const page = await open("/whales");
  const whale = rowsOf(page, /^Whales by/)
    .first()
    .locator("a[data-row]");
  const [name, path] = [await whale.innerText(), await whale.getAttribute("href")];
  await page.keyboard.press("/");
  const field = page.getByLabel("Search markets, whales and pages");
  await field.waitFor();
  await expect.poll(() => field.evaluate((input) => input === document.activeElement)).toBe(true);
  await page.keyboard.type(name);
  await page.locator(`[data-action][data-selected]`, { hasText: name }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**${path}`);
  await arrivedAt(page, name);

  await page.keyboard.press("Control+k");
  await field.waitFor();
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
});

test("? lists the keys, Escape closes the list, g and a letter change the page", async () => {
  const page = await open("/");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await help.waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  expect(new URL(page.url()).pathname).toBe("/");
  for (const [letter, name] of Object.entries({
    m: "Markets",
    w: "Whales",
    s: "Syncs",
    r: "Runs",
    f: "Feed",
  })) {
    await page.keyboard.press("g");
    await page.keyboard.press(letter);
    await arrivedAt(page, name);
  }
});

test("j and k go from row to row and Enter opens one; in a field they are letters", async () => {
  const page = await open("/markets");
  const second = await rowsOf(page, "Markets").locator("a[data-row]").nth(1).innerText();
  const field = page.getByRole("searchbox", { name: "Search" });
  await field.focus();
  await page.keyboard.type("jk?g");
  expect(await field.inputValue()).toBe("jk?g");
  await page.goto("/markets");
  await hydrated(page);
  for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
  expect(await focused(page)).toBe(second);
  await page.keyboard.press("Enter");
  await arrivedAt(page, second);
});
