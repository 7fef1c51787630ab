import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { arrivedAt, browserOfFile, literally, rowsOf, searchIs } from "./browser.ts";

const { open } = browserOfFile();

const address = (digits: string) => `0x${digits.repeat(20)}`;

const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: true });

test("a wallet is followed by its address, unfollowed and followed again on its page", async () => {
  const page = await open("/whales", { expected: /status of 400/ });
  const field = page.getByLabel("Wallet address");
  await field.fill("0x12");
  await button(page, "Follow").click();
  await page.getByText("must be a wallet address").waitFor();
  expect(await field.inputValue()).toBe("0x12");

  await field.fill(address("ab"));
  await page.getByLabel("Label (optional)").fill("Somebody");
  await button(page, "Follow").click();
  await page.waitForURL(/\/whales\/\d+$/);
  await arrivedAt(page, "Somebody");
  await page.getByText("Followed since").waitFor();
  await button(page, "Unfollow").click();
  await page.getByText("Not followed").waitFor();
  await button(page, "Follow").click();
  await page.getByText("Followed since").waitFor();
});

test("a label is changed, refused when too long, and taken off", async () => {
  const page = await open("/whales", { expected: /status of 400/ });
  await page.getByLabel("Wallet address").fill(address("ac"));
  await button(page, "Follow").click();
  await page.waitForURL(/\/whales\/\d+$/);
  const label = page.getByLabel("Label", { exact: true });
  await page.getByText("Add a label").click();
  await label.fill("x".repeat(200));
  await button(page, "Save").click();
  await page.locator("input[name=label][aria-invalid=true]").waitFor();
  expect(await label.inputValue()).toBe("x".repeat(200));
  await label.fill("Early bird");
  await button(page, "Save").click();
  await arrivedAt(page, "Early bird");
  await page.getByText("Edit the label").click();
  await label.fill("");
  await button(page, "Save").click();
  await arrivedAt(page, /^0xacac…acac$/);
});

test("a wallet is unfollowed from the list, and Undo brings it back", async () => {
  const page = await open("/whales");
  const wallet = rowsOf(page, /^Whales by/)
    .last()
    .getByRole("button", { name: /^Unfollow / });
  const name = String(await wallet.getAttribute("aria-label"));
  await wallet.click();
  await button(page, name).waitFor({ state: "detached" });
  await page.getByText("is no longer followed").waitFor();
  await button(page, "Undo").click();
  await button(page, name).waitFor();
  await page.getByText("is no longer followed").waitFor({ state: "detached" });
});

test("the ranking follows the window and the figure that are chosen", async () => {
  const page = await open("/whales");
  const windows = page.getByRole("group", { name: "Time window" });
  await windows.getByRole("link", { name: "All" }).click();
  await searchIs(page, { window: "all" });
  await page.getByRole("columnheader", { name: "PnL" }).waitFor();
  await page.getByLabel("Rank by").selectOption("Trades");
  await searchIs(page, { window: "all", sort: "trades" });
  const ranked = rowsOf(page, "Whales by number of trades");
  await ranked.first().waitFor();
  const counts = (await ranked.locator("td:nth-child(4)").allInnerTexts())
    .filter((text) => /^[\d,]+$/.test(text))
    .map((text) => Number(text.replaceAll(",", "")));
  expect(counts.length).toBeGreaterThan(10);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));

  await page.getByRole("columnheader", { name: "PnL" }).getByRole("link").click();
  await searchIs(page, { window: "all", sort: "pnl" });
  await windows.getByRole("link", { name: "24 hours" }).click();
  await page.getByText("PnL is known over the whole history only").waitFor();
  await page.goBack();
  await rowsOf(page, "Whales by realised PnL").first().waitFor();
});

test("a list of wallets is imported after a look at what it would do", async () => {
  const page = await open("/whales");
  await page.getByRole("link", { name: "Import a list" }).click();
  await arrivedAt(page, "Import wallets");
  const wallets = [address("b1"), address("b2")];
  await page
    .getByRole("textbox")
    .fill(`address,label\n${wallets[0]},First\nnonsense,\n${wallets[1]},`);
  await button(page, "Preview").click();
  const left = rowsOf(page, "Left-out lines, and why");
  await left.first().waitFor();
  expect(await left.first().innerText()).toMatch(/^3\s+nonsense/);
  expect(await rowsOf(page, "Wallets of the list").count()).toBe(2);
  await button(page, "Back to the list").click();
  expect(await page.getByRole("textbox").inputValue()).toContain("nonsense");

  const file = { name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(wallets.join("\n")) };
  const chooser = page.waitForEvent("filechooser");
  await button(page, "Choose a file").click();
  await (await chooser).setFiles(file);
  await button(page, "Follow 2 wallets").click();
  await page.getByText("The list is imported").waitFor();
  await page.getByRole("link", { name: "See the imported wallets" }).click();
  await searchIs(page, { source: "imported" });
  await expect.poll(() => rowsOf(page, /^Whales by/).count()).toBe(2);
});

test("a whale shows its positions, those that are over, and its trades as a file", async () => {
  const page = await open("/whales");
  const first = rowsOf(page, /^Whales by/)
    .first()
    .locator("a[data-row]");
  const name = await first.innerText();
  await first.click();
  await arrivedAt(page, new RegExp(`^${literally(name)}$`));
  await rowsOf(page, "Open positions").first().waitFor();
  const choices = page.getByRole("group", { name: "Which positions" });
  await choices.getByRole("link", { name: /^Closed/ }).click();
  await searchIs(page, { positions: "done" });
  await choices.locator("[aria-current]", { hasText: "Closed" }).waitFor();
  await page.goBack();
  await rowsOf(page, "Open positions").first().waitFor();

  await page.getByLabel("Side").selectOption("Buys");
  await searchIs(page, { side: "buy" });
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "CSV" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^trades-\d{4}-\d\d-\d\d\.csv$/);
  const [head, ...lines] = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
  expect(head).toMatch(/^tradedAt,seenAt,/);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.every((line) => line.includes(",buy,"))).toBe(true);
});
