import { expect, test } from "vitest";
import { arrivedAt, browserOfFile, rowsOf, searchIs } from "./browser.ts";

const { open } = browserOfFile();

test("Run now starts a job; its run turns up by itself, ends, and is opened", async () => {
  const page = await open("/syncs");
  const jobs = page.getByRole("list", { name: "Jobs" }).getByRole("listitem");
  expect(await jobs.count()).toBe(5);
  await page.getByRole("button", { name: "Run now: Statistics" }).click();
  await jobs
    .filter({ hasText: "The run you asked for is completed." })
    .getByRole("link", { name: "completed" })
    .click();
  await arrivedAt(page, /^Sync \d+: Statistics$/);
  await page.getByText("by hand").waitFor();
  await page.getByText("Correlation id").waitFor();
});

test("runs are narrowed by job, status and trigger, and by time", async () => {
  const page = await open("/syncs");
  await page.getByLabel("Job", { exact: true }).selectOption("Markets");
  await page.getByLabel("Status").selectOption("Completed");
  await page.getByLabel("Trigger").selectOption("Start of the app");
  const filters = { type: "markets", status: "completed", trigger: "start" };
  await searchIs(page, filters);
  const runs = rowsOf(page, "Runs, newest first");
  await expect
    .poll(async () =>
      (await runs.allInnerTexts()).every((text) => text.includes("Markets, app start")),
    )
    .toBe(true);
  expect(await runs.count()).toBeGreaterThan(0);
  await page
    .getByRole("group", { name: "Time window" })
    .getByRole("link", { name: "Last hour" })
    .click();
  await searchIs(page, { ...filters, window: "1h" });
  await page.getByLabel("Status").selectOption("Failed");
  await page.getByText("No run matches").waitFor();
  await page.goBack();
  await runs.first().waitFor();
});

test("a run of the whales lists the wallets it read, and those that failed alone", async () => {
  const page = await open("/syncs?type=whales");
  await rowsOf(page, "Runs, newest first").last().getByRole("link").click();
  await arrivedAt(page, /^Sync \d+: Whale trades$/);
  await rowsOf(page, "Steps of this run").first().waitFor();
  await page.getByText(/of \d+ wallets/).waitFor();
  await page.getByLabel("Show").selectOption("Failed only");
  await searchIs(page, { steps: "failed" });
  await page.getByText("No step failed").waitFor();
});
