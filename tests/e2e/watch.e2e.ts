import { expect, test } from "vitest";
import { browserOfFile, complaintsOf } from "./browser.ts";
import { lowContrast } from "./contrast.ts";
import { layoutShift } from "./layout-shift.ts";

const { open } = browserOfFile();

test("errors, warnings, calls to other hosts, faint texts and moving boxes are noticed", async () => {
  const page = await open("/", { expected: /./ });
  const complaints = complaintsOf(page, new URL(page.url()).origin, /^$/);
  await page.evaluate(() => {
    console.warn("a warning");
    console.error("an error");
    setTimeout(() => {
      throw new Error("thrown");
    });
    return fetch("http://127.0.0.1:9/elsewhere").catch(() => {});
  });
  await expect.poll(() => complaints.join("\n")).toMatch(/thrown/);
  expect(complaints.join("\n")).toMatch(/a warning\nan error[\s\S]*127\.0\.0\.1:9\/elsewhere/);

  expect(await lowContrast(page)).toEqual([]);
  await page.addStyleTag({ content: "h1 { color: #a0a0a0; background: #fff; font-size: 16px }" });
  expect(await lowContrast(page)).toEqual([expect.stringMatching(/^"Feed" 2\.6\d to 1/)]);

  await page.addStyleTag({ content: "main { margin-top: 300px }" });
  await expect.poll(() => layoutShift(page)).toBeGreaterThan(0.05);
});
