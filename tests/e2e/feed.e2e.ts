import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { arrivedAt, browserOfFile, hydrated, literally, rowsOf, searchIs } from "./browser.ts";

const { open } = browserOfFile();

const trades = (page: Page) => rowsOf(page, "Newest trades");

/** When the trades of the page were made, in the order shown, as epoch milliseconds. */
const tradeTimes = (page: Page) =>
  trades(page)
    .locator("td:first-child time")
    .evaluateAll((times) => times.map((time) => Date.parse(time.getAttribute("datetime") ?? "")));

/** The no side of a market, whatever its label. */
const NO = /\bno\b\)?$/;

/** The whole texts of a column, which cells that shorten them keep as title. */
const titlesIn = (page: Page, column: number) =>
  trades(page)
    .locator(`td:nth-child(${column})`)
    .evaluateAll((cells) =>
      cells.map((cell) => {
        const titled = [cell, ...cell.querySelectorAll("[title]")].map((one) =>
          one.getAttribute("title"),
        );
        return titled.filter((title) => title !== null).at(-1) ?? cell.textContent ?? "";
      }),
    );

test("the biggest trade of the last hour leads to its market, and on to a whale that traded there", async () => {
  const page = await open("/");
  const biggest = page
    .getByRole("region", { name: "Highlights" })
    .locator("div", { hasText: "Biggest trade of the last hour" })
    .last();
  const market = biggest.locator('a[href^="/markets/"]');
  const [title, path] = [await market.innerText(), await market.getAttribute("href")];
  await market.click();
  await page.waitForURL(`**${path}`);
  const heading = page.getByRole("heading", { level: 1 });
  await expect.poll(async () => title.includes(await heading.innerText())).toBe(true);

  const whale = rowsOf(page, /^Trades in/)
    .first()
    .locator('a[href^="/whales/"]');
  const [name, address] = [await whale.innerText(), await whale.getAttribute("title")];
  await whale.click();
  await page.waitForURL(/\/whales\/\d+$/);
  await arrivedAt(page, new RegExp(`^${literally(name)}$`));
  await page.getByText(String(address), { exact: true }).waitFor();
  await page.getByText("History complete since").waitFor();
  expect(await page.title()).toContain("Opinion Scope");
});

test("size, side and outcome narrow the feed; reload keeps them, Back takes them off", async () => {
  const page = await open("/");
  const size = page.getByLabel("Minimum size (USD)");
  const [side, outcome] = [page.getByLabel("Side"), page.getByLabel("Outcome")];
  await size.selectOption("500 and more");
  await searchIs(page, { min: "500" });
  await side.selectOption("Sells");
  await searchIs(page, { min: "500", side: "sell" });
  await outcome.selectOption("No side");
  await searchIs(page, { min: "500", side: "sell", outcome: "no" });
  await page.reload();
  await hydrated(page);
  expect(await trades(page).count()).toBeGreaterThan(0);
  for (const amount of await titlesIn(page, 6)) expect(Number(amount)).toBeGreaterThanOrEqual(500);
  for (const text of await titlesIn(page, 3)) expect(text).toContain("sell");
  for (const text of await titlesIn(page, 4)) expect(text).toMatch(NO);
  expect([await size.inputValue(), await side.inputValue()]).toEqual(["500", "sell"]);

  await page.goBack();
  await searchIs(page, { min: "500", side: "sell" });
  await expect.poll(() => outcome.inputValue()).toBe("");
  await expect
    .poll(async () => (await titlesIn(page, 4)).every((text) => NO.test(text)))
    .toBe(false);
  await page.goForward();
  await searchIs(page, { min: "500", side: "sell", outcome: "no" });
  await expect
    .poll(async () => (await titlesIn(page, 4)).every((text) => NO.test(text)))
    .toBe(true);
});

test("the time window of the header narrows the feed and goes along to the whales", async () => {
  const page = await open("/?side=buy");
  const windows = page.getByRole("group", { name: "Time window" });
  await windows.getByRole("link", { name: "24 hours" }).click();
  await searchIs(page, { side: "buy", window: "24h" });
  await windows.locator("[aria-current]", { hasText: "24 hours" }).waitFor();
  const dayBefore = Date.now() - 24 * 3_600_000;
  await expect
    .poll(async () => (await tradeTimes(page)).every((time) => time > dayBefore))
    .toBe(true);
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: "Whales" })
    .click();
  await arrivedAt(page, "Whales");
  await searchIs(page, { window: "24h" });
});

test("the trades of one market are a click from its page, and the chip takes that filter off", async () => {
  const page = await open("/");
  await trades(page).first().locator("a[data-row]").click();
  await page.waitForURL(/\/markets\/\d+$/);
  const id = String(page.url().split("/").at(-1));
  await page.getByRole("link", { name: "In the feed" }).click();
  await arrivedAt(page, "Feed");
  await searchIs(page, { market: id });
  const links = trades(page).locator("a[data-row]");
  const paths = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(new Set(paths)).toEqual(new Set([`/markets/${id}`]));
  await page.getByRole("link", { name: /^Remove the filter Market: / }).click();
  await searchIs(page, {});
  await expect.poll(() => page.getByRole("link", { name: /^Remove/ }).count()).toBe(0);
});

test("filters that nothing fits say so and are cleared", async () => {
  const page = await open("/?min=99999999999");
  await page.getByText("No trade matches these filters").waitFor();
  await page.getByRole("link", { name: "Clear the filters" }).click();
  await searchIs(page, {});
  await expect.poll(() => trades(page).count()).toBe(50);
});

test("older trades are a page away, stay there on reload, and the back button returns", async () => {
  const page = await open("/");
  const newest = await tradeTimes(page);
  await page.getByRole("link", { name: "Older" }).click();
  await page.waitForURL(/\?cursor=/);
  await page.getByRole("link", { name: "Newest" }).waitFor();
  const older = await tradeTimes(page);
  expect(older).toHaveLength(50);
  expect(older).toEqual(older.toSorted((a, b) => b - a));
  expect(older.at(-1)).toBeLessThan(newest.at(-1) ?? 0);

  await page.reload();
  await hydrated(page);
  // Late rows may have joined the list since, older than where the page begins.
  expect((await tradeTimes(page))[0]).toBeLessThanOrEqual(older[0] ?? 0);
  await page.goBack();
  await page.getByRole("link", { name: "Newest" }).waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("");
  expect((await tradeTimes(page))[0]).toBeGreaterThanOrEqual(newest[0] ?? Number.NaN);
  await page.goForward();
  await page.getByRole("link", { name: "Newest" }).click();
  await page.waitForURL((url) => !url.searchParams.has("cursor"));
});

test("an address that leads nowhere says so and offers the way back", async () => {
  const page = await open("/nope", { expected: /status of 404/ });
  await arrivedAt(page, "Not found");
  await page.getByRole("main").getByRole("link", { name: "Feed" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await arrivedAt(page, "Feed");
  expect((await page.goto("/whales/999999"))?.status()).toBe(404);
  await arrivedAt(page, "Not found");
});

test("without JavaScript every page can be read and its forms work", async () => {
  const page = await open("/syncs", { javaScriptEnabled: false });
  await page.getByRole("button", { name: "Run now: Clean-up" }).click();
  await page.getByText(/^(Requested; it starts|The run you asked for)/).waitFor();
  await page.goto("/");
  await page.getByLabel("Side").selectOption("Sells");
  await page.getByRole("button", { name: "Apply" }).click();
  expect(new URL(page.url()).searchParams.get("side")).toBe("sell");
  await page.getByRole("link", { name: "Older" }).click();
  await page.getByRole("link", { name: "Newest" }).waitFor();
  expect(await trades(page).count()).toBe(50);
});
