import { afterAll, expect, test } from "vitest";
import { type OutageRig, outageRig } from "../sync/outage-rig.ts";
import { arrivedAt, browserOfFile, rowsOf } from "./browser.ts";
import { serveRig } from "./outage-server.ts";

const { open } = browserOfFile();

const GROUPS = "Groups of dead letters, the last seen first";

let rig: OutageRig | undefined;
let server: Awaited<ReturnType<typeof serveRig>> | undefined;
afterAll(async () => {
  await server?.close();
  await rig?.close();
});

test("an outage is seen, told once, and its dead letters are replayed until none is left", async () => {
  rig = await outageRig();
  server = await serveRig(rig);
  await rig.minutes(5);
  const page = await open("/syncs", { server: server.url });
  const bell = page.getByRole("link", { name: /^Notifications/ });
  expect(await bell.getAttribute("aria-label")).toBe("Notifications");

  await rig.fault({ kind: "outage", match: "all" });
  await rig.minutes(10);
  await page
    .getByText(/Failing/)
    .first()
    .waitFor();
  await page.getByRole("link", { name: "Notifications, 1 unread" }).waitFor();
  await rig.clearFaults();
  await rig.minutes(8);
  await page.getByRole("link", { name: "Notifications, 2 unread" }).click();
  await arrivedAt(page, "Notifications");
  await page.getByText("Over: Requests to Opinion are paused").first().waitFor();

  await page
    .getByRole("navigation")
    .getByRole("link", { name: /^Dead letters/ })
    .click();
  await arrivedAt(page, "Dead letters");
  const group = rowsOf(page, GROUPS);
  expect(await group.count()).toBe(1);
  expect(await group.innerText()).toContain("SERVICE_UNAVAILABLE");
  await page.getByRole("link", { name: "Replay: SERVICE_UNAVAILABLE" }).click();
  await arrivedAt(page, "Replay dead letters");
  await page.getByText("Nothing is changed yet.").waitFor();
  await page.getByLabel("Name").fill("After the outage");
  await page.getByLabel("Letters a minute").fill("3");
  const letters = await rig.db.deadLetter.count({ where: { status: "open" } });
  await page.getByRole("button", { name: `Replay ${letters} letters` }).click();
  await arrivedAt(page, /After the outage/);
  await rig.minutes(1);
  await page.getByText(`4 of ${letters} done`).waitFor();
  await rig.minutes(4);
  await page.getByText(`${letters} of ${letters} done · ${letters} succeeded`).waitFor();

  await page.getByRole("link", { name: "Dead letters" }).first().click();
  await arrivedAt(page, "Dead letters");
  await page.getByText("No dead letters").waitFor();
  await rig.readEverything();
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
}, 180_000);
