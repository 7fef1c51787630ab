import { expect, test } from "vitest";
import { arrivedAt, browserOfFile } from "./browser.ts";

const { open } = browserOfFile();

test("the bell leads to the notifications, which say what would be told and how to set up a webhook", async () => {
  const page = await open("/");
  await page.getByRole("link", { name: /^Notifications/ }).click();
  await arrivedAt(page, "Notifications");
  await page.getByText("Not set up: notifications are shown in the app only.").waitFor();
  await page.getByLabel("Severity").selectOption("Warning");
  await expect.poll(() => new URL(page.url()).searchParams.get("severity")).toBe("warning");
});

test("on a narrow screen the bell stands beside the other tools", async () => {
  const page = await open("/notifications", { viewport: { width: 390, height: 800 } });
  const bell = await page.getByRole("link", { name: /^Notifications/ }).boundingBox();
  expect(bell?.width).toBe(32);
  expect((bell?.x ?? 0) + (bell?.width ?? 0)).toBeLessThan(390);
});
