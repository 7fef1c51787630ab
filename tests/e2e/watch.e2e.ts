import { expect, test } from "vitest";
import { seriousFindings } from "./accessibility.ts";
import { browserOfFile, complaintsOf } from "./browser.ts";
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
  expect(complaints.join("\n")).toMatch(/a warning\nan error/);
  // The content security policy stops it on its way.
  expect(complaints.join("\n")).toContain("127.0.0.1:9/elsewhere");

  await page.evaluate(() => {
    const styles = new CSSStyleSheet();
    styles.replaceSync("h1 { color: #a0a0a0; background: #fff } main { margin-top: 300px }");
    document.adoptedStyleSheets.push(styles);
  });
  expect(await seriousFindings(page, ["color-contrast"])).toEqual([
    expect.stringMatching(/color-contrast.*h1/),
  ]);
  await expect.poll(() => layoutShift(page)).toBeGreaterThan(0.05);
});
