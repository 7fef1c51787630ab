import { expect, test } from "vitest";
import { arrivedAt, browserOfFile, searchIs } from "./browser.ts";

const { open } = browserOfFile();

test("the keys lead to the dead letters, whose filters live in the address", async () => {
  const page = await open("/");
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await arrivedAt(page, "Dead letters");
  await page.getByLabel("Status").selectOption("Discarded");
  await searchIs(page, { status: "discarded" });
  await page.getByLabel("Job", { exact: true }).selectOption("cleanup");
  await searchIs(page, { status: "discarded", function: "cleanup" });
  await page.getByText("No group matches").waitFor();
  await page.goBack();
  await searchIs(page, { status: "discarded" });
  await page.getByRole("link", { name: "Every letter by itself" }).click();
  await arrivedAt(page, "Letters");
  await searchIs(page, { status: "discarded" });
});

test("a replay of nothing says so, without scripts too, and offers no button", async () => {
  const path = "/dead-letters/replay?letter=999999999";
  const page = await open(path, { javaScriptEnabled: false });
  await page.getByRole("heading", { name: "Replay dead letters" }).waitFor();
  await page.getByText("There is nothing to replay").waitFor();
  expect(new URL(page.url()).searchParams.get("until")).toMatch(/Z$/);
  expect(await page.getByRole("button", { name: /^Replay/ }).count()).toBe(0);
});
