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
  const steps = page.getByRole("list", { name: "Steps of this run" });
  await steps.getByRole("listitem").first().waitFor();
  await page.getByText(/of \d+ wallets/).waitFor();
  await page.getByLabel("Show").selectOption("Failed only");
  await searchIs(page, { steps: "failed" });
  await page.getByText("No step failed").waitFor();
});

test("a schedule is paused with a reason by keyboard, shown on every page, and resumed", async () => {
  const page = await open("/syncs");
  const job = page
    .getByRole("list", { name: "Jobs" })
    .getByRole("listitem")
    .filter({ hasText: "Markets" });
  await job.getByText("Pause…").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("The venue moves");
  await page.keyboard.press("Enter");
  await job.getByText(/Paused .*: The venue moves/).waitFor();
  await page.getByRole("link", { name: /A sync is paused/ }).waitFor();
  await job.getByRole("button", { name: "Resume: Markets" }).click();
  await job.getByText("Pause…").waitFor();
  await expect.poll(() => page.getByRole("link", { name: /A sync is paused/ }).count()).toBe(0);
});

test("without scripts a schedule is paused and resumed too, and the statuses are explained", async () => {
  const page = await open("/syncs", { javaScriptEnabled: false });
  const job = page
    .getByRole("list", { name: "Jobs" })
    .getByRole("listitem")
    .filter({ hasText: "Clean-up" });
  await job.getByText("Pause…").click();
  await job.getByRole("button", { name: "Pause the schedule: Clean-up" }).click();
  await job.getByText(/^Paused .*\.$/).waitFor();
  await job.getByRole("button", { name: "Resume: Clean-up" }).click();
  await job.getByText("Pause…").waitFor();
  await page.getByText("What Skipped, Incomplete and Failed mean").click();
  await page.getByText("It heals by itself").waitFor();
  await page.goto("/syncs?status=incomplete");
  await page.getByText("It heals by itself").waitFor();
});

test("the health of each job stands in a table, with dashes for what is not measured yet", async () => {
  const page = await open("/syncs");
  const health = rowsOf(page, "Health of the jobs");
  expect(await health.count()).toBe(5);
  const discovery = health.filter({ hasText: "Discovery" });
  expect(await discovery.innerText()).toMatch(/of 5 runs needed/);
});
