import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { arrivedAt, browserOfFile, hydrated } from "./browser.ts";

const { open } = browserOfFile();

const rows = (page: Page, table: string | RegExp) =>
  page.getByRole("region", { name: table }).locator("tbody tr");

/** When the trades of the page were made, in the order shown, as epoch milliseconds. */
const tradeTimes = (page: Page) =>
  rows(page, "Newest trades")
    .locator("td:first-child time")
    .evaluateAll((times) => times.map((time) => Date.parse(time.getAttribute("datetime") ?? "")));

test("from a trade of the feed to its whale, and on to one of the whale's markets", async () => {
  const page = await open("/");
  expect(await rows(page, "Newest trades").count()).toBe(50);
  const whale = rows(page, "Newest trades").first().locator("td:nth-child(2) a");
  const [name, address] = [await whale.innerText(), await whale.getAttribute("title")];
  await whale.click();
  await page.waitForURL(/\/whales\/\d+$/);
  await arrivedAt(page, name);
  await page.getByText(String(address), { exact: true }).waitFor();
  await page.getByText("History complete since").waitFor();

  const market = rows(page, /^Trades of/)
    .first()
    .locator("a");
  const title = await market.innerText();
  await market.click();
  await page.waitForURL(/\/markets\/\d+$/);
  await arrivedAt(page, new RegExp(title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  await rows(page, /^Trades in/)
    .first()
    .waitFor();
  expect(await page.title()).toContain("Opinion Scope");
});

test("a wallet is followed by its address, unfollowed and followed again on its page", async () => {
  const page = await open("/whales", { expected: /status of 400/ });
  const address = `0x${"ab".repeat(20)}`;
  const field = page.getByLabel("Wallet address");
  await field.fill("0x12");
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await page.getByText("must be a wallet address").waitFor();
  expect(await field.inputValue()).toBe("0x12");

  await field.fill(address);
  await page.getByLabel("Label (optional)").fill("Somebody");
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await page.waitForURL(/\/whales\/\d+$/);
  await arrivedAt(page, "Somebody");
  await page.getByText("Followed since").waitFor();
  await page.getByRole("button", { name: "Unfollow" }).click();
  await page.getByText("Not followed").waitFor();
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await page.getByText("Followed since").waitFor();
});

test("a wallet is unfollowed from the list, and gone from it", async () => {
  const page = await open("/whales");
  const button = rows(page, "Whales by volume").last().getByRole("button");
  const name = (await button.getAttribute("aria-label")) ?? "";
  expect(name).toMatch(/^Unfollow ./);
  await button.click();
  await page.getByRole("button", { name, exact: true }).waitFor({ state: "detached" });
  await page.reload();
  expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
});

test("Run now starts a job, and its run is found and opened", async () => {
  const page = await open("/syncs");
  expect(await page.getByRole("list", { name: "Jobs" }).getByRole("listitem").count()).toBe(5);
  await page.getByRole("button", { name: "Run stats now" }).click();
  await page.getByText(/^(Requested; it starts|The run you asked for)/).waitFor();
  await page.getByRole("link", { name: "Statistics", exact: true }).click();
  await page.waitForURL("**/syncs?type=stats");
  const manual = rows(page, "Runs, newest first").filter({ hasText: "by hand" });
  await expect
    .poll(async () => {
      await page.reload();
      return manual.filter({ hasText: "completed" }).count();
    })
    .toBeGreaterThan(0);
  await hydrated(page);
  await manual.first().getByRole("link").click();
  await page.waitForURL(/\/syncs\/\d+$/);
  await arrivedAt(page, /^Sync \d+: Statistics$/);
  await page.getByText("Correlation id").waitFor();
});

test("a run of the whales lists the wallets it read", async () => {
  const page = await open("/syncs?type=whales");
  await rows(page, "Runs, newest first").last().getByRole("link").click();
  await arrivedAt(page, /^Sync \d+: Whale trades$/);
  await rows(page, "Steps of this run").first().waitFor();
  await page.getByText(/of \d+ wallets/).waitFor();
});

test("older trades are a page away, stay there on reload, and the back button returns", async () => {
  const page = await open("/");
  const newest = await tradeTimes(page);
  await page.getByRole("link", { name: "Older" }).click();
  await page.waitForURL(/\?cursor=/);
  await page.getByRole("link", { name: "Newest" }).waitFor();
  const boundary = newest.at(-1) ?? 0;
  const older = await tradeTimes(page);
  expect(older).toHaveLength(50);
  expect(older).toEqual(older.toSorted((a, b) => b - a));
  expect(older[0]).toBeLessThanOrEqual(boundary);

  await page.reload();
  await hydrated(page);
  expect((await tradeTimes(page))[0]).toBeLessThanOrEqual(boundary);
  await page.goBack();
  await page.getByRole("link", { name: "Newest" }).waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("");
  expect((await tradeTimes(page))[0]).toBeGreaterThanOrEqual(newest[0] ?? Number.NaN);
  await page.goForward();
  await page.getByRole("link", { name: "Newest" }).click();
  await page.waitForURL((url) => !url.searchParams.has("cursor"));
});

test("markets are chosen by status and paged, and a group leads to its outcomes and back", async () => {
  const page = await open("/markets");
  await page.getByRole("link", { name: "All", exact: true }).click();
  await page.locator("[aria-current=page]", { hasText: /^All$/ }).waitFor();
  const first = await rows(page, "Markets").first().getByRole("link").innerText();
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByRole("link", { name: "First page" }).waitFor();
  expect(page.url()).toMatch(/status=all&cursor=/);
  expect(await rows(page, "Markets").first().getByRole("link").innerText()).not.toBe(first);
  await page.getByRole("link", { name: "First page" }).click();
  await page.getByRole("link", { name: "First page" }).waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("?status=all");

  const groups = rows(page, "Markets").filter({
    has: page.getByText("its outcomes have prices of their own"),
  });
  const title = await groups.first().getByRole("link").innerText();
  await groups.first().getByRole("link").click();
  await arrivedAt(page, title);
  const outcomes = rows(page, /^Outcomes of/);
  await outcomes.nth(1).waitFor();
  await outcomes.first().getByRole("link").click();
  await page.getByRole("link", { name: title, exact: true }).click();
  await page.getByText("Outcomes", { exact: true }).waitFor();
  await arrivedAt(page, title);
});

test("an address that leads nowhere says so and offers the way back", async () => {
  const page = await open("/nope", { expected: /status of 404/ });
  await arrivedAt(page, "Not found");
  await page.getByRole("link", { name: "Go to the feed" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await arrivedAt(page, "Feed");
  expect((await page.goto("/whales/999999"))?.status()).toBe(404);
  await arrivedAt(page, "Not found");
});

test("without JavaScript every page can be read and its forms work", async () => {
  const page = await open("/syncs", { javaScriptEnabled: false });
  await page.getByRole("button", { name: "Run cleanup now" }).click();
  await page.getByText(/^(Requested; it starts|The run you asked for)/).waitFor();
  await page.goto("/");
  await page.getByRole("link", { name: "Older" }).click();
  expect(await rows(page, "Newest trades").count()).toBe(50);
});
