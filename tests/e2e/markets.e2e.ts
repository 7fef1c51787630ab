import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { arrivedAt, browserOfFile, literally, rowsOf, searchIs } from "./browser.ts";

const { open } = browserOfFile();

const markets = (page: Page) => rowsOf(page, "Markets");
const firstTitle = (page: Page) => markets(page).first().getByRole("link").first().innerText();

/** The exact numbers of a column, from the top. */
const numbersIn = (page: Page, column: number) =>
  markets(page)
    .locator(`td:nth-child(${column}) [title]`)
    .evaluateAll((cells) =>
      cells.map((cell) => Number(cell.getAttribute("title"))).filter((number) => number >= 0),
    );

test("a market is found although its name is misspelt", async () => {
  const page = await open("/markets");
  const title = await firstTitle(page);
  const word = title.match(/[a-z]{7,}/i)?.[0] ?? "";
  expect(word, title).not.toBe("");
  const typo = word.slice(0, 3) + word.slice(4);
  await page.getByRole("searchbox", { name: "Search" }).fill(typo);
  await searchIs(page, { q: typo });
  await page.getByText(`No title holds “${typo}”`).waitFor();
  const found = await markets(page).locator("a[data-row]").allInnerTexts();
  expect(found.length).toBeGreaterThan(0);
  expect(found.join("\n").toLowerCase()).toContain(word.toLowerCase());

  const best = String(found[0]);
  await markets(page).first().getByRole("link").first().click();
  await arrivedAt(page, best);
  await page.goBack();
  await searchIs(page, { q: typo });
  await expect.poll(() => firstTitle(page)).toBe(best);
  expect(await page.getByRole("searchbox", { name: "Search" }).inputValue()).toBe(typo);
});

test("a heading sorts the markets, and filters keep the order", async () => {
  const page = await open("/markets");
  const region = page.getByRole("region", { name: "Markets" });
  const heading = page.locator('a[href$="sort=volume"]');
  await region.locator("th").locator(heading).click();
  await searchIs(page, { sort: "volume" });
  await region.locator("th[aria-sort=descending]", { has: heading }).waitFor();
  const volumes = await numbersIn(page, 6);
  expect(volumes.length).toBeGreaterThan(10);
  expect(volumes).toEqual(volumes.toSorted((a, b) => b - a));

  await page.getByLabel("Min. volume 24 h").selectOption({ index: 2 });
  const least = await page.getByLabel("Min. volume 24 h").inputValue();
  await searchIs(page, { sort: "volume", minVolume: least });
  await expect
    .poll(async () => (await numbersIn(page, 5)).every((volume) => volume >= Number(least)))
    .toBe(true);
  const category = page.getByLabel("Category");
  await category.selectOption({ index: 1 });
  const label = await category.inputValue();
  await searchIs(page, { sort: "volume", minVolume: least, category: label });
  await expect
    .poll(async () => (await markets(page).allInnerTexts()).every((text) => text.includes(label)))
    .toBe(true);
});

test("a price that is none says so beside the filters, which keep it", async () => {
  const page = await open("/markets", { expected: /status of 400/ });
  await page.getByLabel("Price from").fill("2");
  await page.getByRole("alert").getByText("Price from must be a price from 0 to 1").waitFor();
  expect(await page.getByLabel("Price from").inputValue()).toBe("2");
  await page.getByLabel("Price from").fill("");
  await markets(page).first().waitFor();
});

test("the next page, a market of it and back: the list is where it was", async () => {
  const page = await open("/markets");
  await page.getByLabel("Status").selectOption("All");
  await searchIs(page, { status: "all" });
  const first = await firstTitle(page);
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByRole("link", { name: "First page" }).waitFor();
  expect(page.url()).toMatch(/status=all&cursor=/);
  const [address, second] = [page.url(), await firstTitle(page)];
  expect(second).not.toBe(first);
  await markets(page).first().getByRole("link").first().click();
  await arrivedAt(page, second);
  await page.goBack();
  await arrivedAt(page, "Markets");
  expect(page.url()).toBe(address);
  expect(await firstTitle(page)).toBe(second);
  expect(await page.getByLabel("Status").inputValue()).toBe("all");
  await page.getByRole("link", { name: "First page" }).click();
  await searchIs(page, { status: "all" });
});

test("a group unfolds in place and leads to an outcome, its group and back", async () => {
  const page = await open("/markets");
  const toggle = page.locator("[aria-expanded=false]").first();
  const name = String(await toggle.getAttribute("aria-label"));
  const before = await markets(page).count();
  const title = name.replace(/^\d+ outcomes? of /, "");
  await toggle.click();
  const opened = page.getByRole("link", { name, exact: true, expanded: true });
  await opened.waitFor();
  expect(await markets(page).count()).toBeGreaterThan(before);
  const group = markets(page).filter({ has: opened });
  const outcome = group.locator("xpath=following-sibling::tr[1]").getByRole("link");
  const outcomeTitle = await outcome.innerText();
  await outcome.click();
  await arrivedAt(page, outcomeTitle);
  await page
    .getByRole("navigation", { name: `Other outcomes of ${title}` })
    .getByRole("link", { name: "All outcomes" })
    .click();
  await arrivedAt(page, title);
  await rowsOf(page, `Outcomes of ${title}`).nth(1).waitFor();
  await page.goBack();
  await arrivedAt(page, outcomeTitle);
  await page.goBack();
  await arrivedAt(page, "Markets");
  await opened.waitFor();
});

test("a market shows its course, also as a table, its whales and their trades, by window", async () => {
  const page = await open("/");
  const titles = await rowsOf(page, "Newest trades").locator("a[data-row]").allInnerTexts();
  const times = (title: string) => titles.filter((other) => other === title).length;
  const title = String(titles.toSorted((a, b) => times(b) - times(a))[0]);
  await page.getByRole("main").getByRole("link", { name: title, exact: true }).first().click();
  await arrivedAt(page, title);
  const chart = page.getByRole("img", { name: /whale trades? (is|are) marked\.$/ });
  await chart.locator("canvas").first().waitFor();
  expect((await chart.boundingBox())?.height).toBeGreaterThan(150);

  await page.getByText("This chart as a table").click();
  await rowsOf(page, /^Prices, newest first/)
    .first()
    .waitFor();
  await rowsOf(page, /^Marked whale trades/)
    .first()
    .getByRole("link")
    .waitFor();

  const sentence = await chart.getAttribute("aria-label");
  await page
    .getByRole("group", { name: "Time window" })
    .getByRole("link", { name: "24 hours" })
    .click();
  await searchIs(page, { window: "24h" });
  await expect.poll(() => chart.getAttribute("aria-label")).not.toBe(sentence);
  await rowsOf(page, "Whales in this market").first().waitFor();

  const trades = rowsOf(page, new RegExp(`^Trades in ${literally(title)}`));
  await page.getByLabel("Side").selectOption("Buys");
  await searchIs(page, { window: "24h", side: "buy" });
  await expect
    .poll(async () => (await trades.allInnerTexts()).every((text) => text.includes("buy")))
    .toBe(true);
});
