import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, inject, test } from "vitest";
import { ask, postJson } from "../server/server-process.ts";
import { serversOfFile } from "../server/servers-of-file.ts";
import { seriousFindings } from "./accessibility.ts";
import { arrivedAt, browserOfFile, rowsOf, searchIs } from "./browser.ts";

const servers = serversOfFile();
const { open } = browserOfFile();
const LIST = "Runs of functions, newest first";

/** How long the venue asks to be left alone, in seconds: shorter waits are spent inside an attempt. */
const RETRY_AFTER_S = 21;

/** A server whose venue answers nothing but "not now", so that every run that reads it fails and is tried again. */
async function startFailing(): Promise<string> {
  venue = createServer((_request, response) => {
    response.writeHead(503, { "retry-after": String(RETRY_AFTER_S) }).end();
  });
  await new Promise<void>((resolve) => venue?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(venue.address() as AddressInfo).port}`;
  const env = { OPINION_API_URL: url, OPINION_FRONTEND_URL: url };
  const server = await servers.start({
    env: { DATA_DIR: servers.folder(), LOG_LEVEL: "fatal", ...env },
  });
  return server.url;
}

let venue: Server | undefined;

afterAll(() => void venue?.close());

test("runs are narrowed by function and status, and one is opened with its steps and their outputs", async () => {
  const page = await open("/runs");
  await page.getByLabel("Function", { exact: true }).selectOption("sync-whale");
  await page.getByLabel("Status", { exact: true }).selectOption("Completed");
  await searchIs(page, { function: "opinion-scope-sync-whale", status: "completed" });
  const rows = rowsOf(page, LIST);
  await expect
    .poll(async () => (await rows.allInnerTexts()).every((text) => /^sync-whale\n/.test(text)))
    .toBe(true);
  await rows.first().getByRole("link").click();
  await arrivedAt(page, "Run of sync-whale");
  const steps = page.getByRole("list", { name: "Steps of this run" });
  await steps.getByText("read-0").waitFor();
  await steps.getByText("Output").first().click();
  await steps.getByText('"counts"').first().waitFor();
  const raw = await page.getByRole("link", { name: "Raw" }).first().getAttribute("href");
  const answer = await page.request.get(raw ?? "");
  expect(answer.headers()["content-type"]).toContain("application/json");
  await answer.json();
});

test("a run is made again, and the two know of each other", async () => {
  const page = await open("/runs?function=opinion-scope-compute-whale-stats&status=completed");
  await rowsOf(page, LIST).first().getByRole("link").click();
  await arrivedAt(page, "Run of compute-whale-stats");
  const first = new URL(page.url()).pathname;
  await page.getByRole("button", { name: "Rerun" }).click();
  await page.getByText("Repeats", { exact: true }).waitFor();
  expect(new URL(page.url()).pathname).not.toBe(first);
  await page.getByText(/^Started by: .*Took /).waitFor();
  await page.getByRole("link", { name: "compute-whale-stats", exact: true }).click();
  await page.getByText("Repeated by", { exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe(first);
});

test("new runs wait behind a button, and the rows stay where they are", async () => {
  const page = await open("/runs");
  await page.getByText("Live: the page shows changes").waitFor();
  const links = () =>
    rowsOf(page, LIST)
      .locator("a")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  const before = await links();
  await ask(inject("demoUrl"), postJson("/api/v1/syncs", { type: "cleanup" }));
  const pill = page.getByRole("button", { name: /^\d+\+? new runs$/ });
  await pill.waitFor();
  expect(await links()).toEqual(before);
  await pill.click();
  await expect.poll(links).not.toEqual(before);
});

test("an event is sent from a form of its fields; what is wrong stands beside them, and nothing typed is lost", async () => {
  const page = await open("/runs", { expected: /status of 400/ });
  await page.getByRole("link", { name: "Send an event" }).click();
  await arrivedAt(page, "Send an event");
  await page.getByLabel("Event", { exact: true }).selectOption("sync/whale.requested");
  const id = page.getByLabel("syncLogId");
  await id.fill("many");
  await page.getByRole("button", { name: "Send the event" }).click();
  await page.getByText("must be a number").waitFor();
  await page.getByText("must be filled in").waitFor();
  expect(await id.inputValue()).toBe("many");
  expect(await seriousFindings(page)).toEqual([]);
  await id.fill("99999999");
  await page.getByLabel("whaleId").fill("1");
  await page.getByRole("button", { name: "Edit as JSON instead" }).click();
  const json = page.getByLabel("Data, as a JSON object");
  expect(JSON.parse(await json.inputValue())).toEqual({
    syncLogId: 99_999_999,
    whaleId: 1,
    rereadNow: true,
  });
  await page.getByRole("button", { name: "Send the event" }).click();
  await page.getByText("The event was accepted").waitFor();
  await page.getByRole("link", { name: "sync-whale", exact: true }).click();
  await arrivedAt(page, "Run of sync-whale");
  // Others may be reading their wallets: it waits for its turn then.
  const ended = page.getByText(/^Started by: sync\/whale\.requested\. Took /);
  await ended.waitFor({ timeout: 60_000 });
}, 80_000);

test("an event is sent without scripts too", async () => {
  const page = await open("/runs/send?event=cleanup/requested", { javaScriptEnabled: false });
  await page.getByRole("button", { name: "Send the event" }).click();
  await page.getByText("The event was accepted").waitFor();
  await page.getByRole("link", { name: "cleanup", exact: true }).click();
  await arrivedAt(page, "Run of cleanup");
});

test("attempts of a failing run turn up as they happen; it is cancelled, and made again", async () => {
  const server = await startFailing();
  const page = await open("/runs?function=opinion-scope-sync-markets", { server });
  await rowsOf(page, LIST).last().getByRole("link").click();
  await arrivedAt(page, "Run of sync-markets");
  const attempts = page.getByRole("list", { name: /^Attempts of opinion-walk-0/ });
  await attempts.getByText("Attempt 1").waitFor();
  await page.getByText(/^Started by: .*Attempt 2 begins in \d+ s/).waitFor();
  expect(await attempts.getByRole("listitem").count()).toBe(1);
  await attempts.getByText("Stack").click();
  await attempts.getByText(/at .*\(/).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await attempts.getByText("Attempt 2").waitFor({ timeout: 60_000 });
  await page.getByText(/^Started by: .*Attempt 3 begins in/).waitFor();
  // What was unfolded stays so while the page is loaded anew.
  expect(await attempts.locator("details").first().getAttribute("open")).not.toBeNull();

  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByText("Cancelled", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Rerun" }).click();
  await page.getByText("Repeats", { exact: true }).waitFor();
  await page.getByText("Running", { exact: true }).first().waitFor();
}, 90_000);
