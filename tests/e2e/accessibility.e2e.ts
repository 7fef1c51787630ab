import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { COLOUR_RULES, seriousFindings } from "./accessibility.ts";
import { browserOfFile, drawn, hydrated } from "./browser.ts";
import { everyPage } from "./every-page.ts";

const { open } = browserOfFile();

/** The page as it stands, in light and dark; what does not depend on the colours is checked once. */
async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const [colorScheme, rules] of [
    ["light", undefined],
    ["dark", COLOUR_RULES],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const scheme = page.locator(`html[data-mantine-color-scheme=${colorScheme}]`);
    await scheme.waitFor({ state: "attached" });
    await drawn(page);
    expect([name, colorScheme, await seriousFindings(page, rules)]).toEqual([
      name,
      colorScheme,
      [],
    ]);
  }
}

test("every page", async () => {
  const page = await open("/");
  for (const path of await everyPage()) {
    await page.goto(path);
    await hydrated(page);
    await expectAccessible(page, path);
  }
}, 60_000);

test("every page's lists with other columns, and without a row", async () => {
  const page = await open("/whales?window=all");
  await expectAccessible(page, "whales over all time");
  for (const path of [
    "/?min=99999999999",
    "/markets?status=all",
    "/markets?q=qqqqqqqq",
    "/whales?q=qqqqqqqq",
    "/syncs?status=failed&type=cleanup",
    "/runs?status=cancelled",
  ]) {
    await page.goto(path);
    await hydrated(page);
    await expectAccessible(page, path);
  }
}, 40_000);

test("mistakes: an address without a page, a filter that cannot be used", async () => {
  const page = await open("/nope", { expected: /status of 40[04]/ });
  await expectAccessible(page, "not found");
  for (const path of ["/markets?minPrice=7", "/?side=sideways"]) {
    await page.goto(path);
    await hydrated(page);
    await expectAccessible(page, path);
  }
});

test("the dialogs: search with and without an answer, the keys", async () => {
  const page = await open("/");
  await page.keyboard.press("/");
  const field = page.getByLabel("Search markets, whales and pages");
  await field.waitFor();
  await expectAccessible(page, "search, empty");
  await field.fill("a");
  await page.locator("[data-action][data-selected]").waitFor();
  await expectAccessible(page, "search, found");
  await field.fill("qqqqqqqqq");
  await page.getByText("No market or whale matches “qqqqqqqqq”").waitFor();
  await expectAccessible(page, "search, nothing found");
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await expectAccessible(page, "keys");
});

test("forms: the preview of an import, and what was refused", async () => {
  const page = await open("/whales/import", { expected: /status of 400/ });
  const [known] = [`0x${"e1".repeat(20)}`];
  await page.getByRole("textbox").fill(`address,label\n${known},One\nnonsense,`);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("Lines that are left out").waitFor();
  await expectAccessible(page, "import, preview");
  await page.goto("/whales");
  await hydrated(page);
  await page.getByLabel("Wallet address").fill("0x12");
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await page.getByText("must be a wallet address").waitFor();
  await expectAccessible(page, "follow, refused");
});
