import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { ask, postJson } from "../server/server-process.ts";
import { arrivedAt, browserOfFile, rowsOf } from "./browser.ts";

const { open } = browserOfFile();

const isLive = (page: Page) => page.getByText("Live: the page shows changes").waitFor();

/** Follows a wallet behind the pages' back. */
async function followed(digits: string, label: string): Promise<{ path: string; name: string }> {
  const wallet = { venue: "opinion", address: `0x${digits.repeat(20)}`, label };
  const { text } = await ask(inject("demoUrl"), postJson("/api/v1/whales", wallet));
  return { path: `/whales/${JSON.parse(text).data.id}`, name: label };
}

async function relabel(path: string, label: string): Promise<void> {
  const answer = await ask(inject("demoUrl"), {
    method: "POST",
    path,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ intent: "label", label }).toString(),
  });
  expect(answer.status).toBe(302);
}

/** How many streams of changes a page has open, from now on. */
function openStreams(page: Page): () => number {
  const streams = new Set<unknown>();
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/live") streams.add(request);
  });
  for (const end of ["requestfailed", "requestfinished"] as const) {
    page.on(end as "requestfailed", (request) => void streams.delete(request));
  }
  return () => streams.size;
}

/** As when the person goes to another tab, or comes back. */
async function setVisible(page: Page, visible: boolean): Promise<void> {
  await page.evaluate((shown) => {
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (shown ? "visible" : "hidden"),
    });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => !shown });
    document.dispatchEvent(new Event("visibilitychange"));
  }, visible);
}

test("what is changed in one tab shows in another", async () => {
  const { path } = await followed("f1", "First name");
  const watcher = await open(path);
  await isLive(watcher);
  const editor = await open(path, { beside: watcher });
  await editor.getByText("Edit the label").click();
  await editor.getByLabel("Label", { exact: true }).fill("Second name");
  await editor.getByRole("button", { name: "Save" }).click();
  await arrivedAt(watcher, "Second name");
  await editor.getByRole("button", { name: "Unfollow", exact: true }).click();
  await watcher.getByText("Not followed").waitFor();
});

test("new trades wait behind a button, and the rows stay where they are", async () => {
  const page = await open("/");
  await isLive(page);
  const rows = rowsOf(page, "Newest trades");
  const pill = page.getByRole("button", { name: /^[\d,]+\+? new trades$/ });
  const before = await rows.locator("td:last-child").allInnerTexts();
  await ask(inject("demoUrl"), postJson("/api/v1/syncs", { type: "whales" }));
  await pill.waitFor();
  expect(await rows.locator("td:last-child").allInnerTexts()).toEqual(before);
  await pill.click();
  await pill.waitFor({ state: "detached" });
  expect(await rows.locator("td:last-child").allInnerTexts()).not.toEqual(before);
});

test("without a network the header says so, and what was missed is caught up on", async () => {
  const { path } = await followed("f2", "Before the outage");
  const page = await open(path, { expected: /ERR_INTERNET_DISCONNECTED|ERR_ABORTED/ });
  await isLive(page);
  await page.context().setOffline(true);
  await page.getByText("The live connection is lost").waitFor({ state: "attached" });
  await relabel(path, "During the outage");
  await page.context().setOffline(false);
  await isLive(page);
  await arrivedAt(page, "During the outage");
});

test("a hidden tab listens to nothing, and catches up when it is shown", async () => {
  const { path } = await followed("f3", "While seen");
  const page = await open("/syncs");
  const streams = openStreams(page);
  await page.goto(path);
  await isLive(page);
  expect(streams()).toBe(1);
  await setVisible(page, false);
  await expect.poll(streams).toBe(0);
  await relabel(path, "While hidden");
  await setVisible(page, true);
  await arrivedAt(page, "While hidden");
  await isLive(page);
  expect(streams()).toBe(1);
});

test("the second page of a list is a place in its past, and listens to nothing", async () => {
  const page = await open("/");
  const streams = openStreams(page);
  await page.reload();
  await isLive(page);
  await page.getByRole("link", { name: "Older" }).click();
  await expect.poll(streams).toBe(0);
  await page.goBack();
  await expect.poll(streams).toBe(1);
});

test("an address that is refused stays as it is, and listens to nothing", async () => {
  const page = await open("/", { expected: /status of 400/ });
  const streams = openStreams(page);
  await page.goto("/?side=sideways");
  await arrivedAt(page, "This address has a mistake in it");
  await page.getByText("The page does not change by itself").waitFor({ state: "attached" });
  expect(streams()).toBe(0);
});
