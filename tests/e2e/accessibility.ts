import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * What axe finds wrong with a page as it stands and calls serious or critical: the rule, and the first elements that break it.
 * @param rules ids of the only rules to check; all of them by default
 */
export async function seriousFindings(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (only) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ["violations"],
      ...(only && { runOnly: { type: "rule", values: only } }),
    });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => {
        const found = nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary ?? ""}`);
        return `${id}, ${nodes.length} times: ${found.join("\n")}`;
      });
  }, rules);
}

/** Rules whose answer depends on the colours. */
export const COLOUR_RULES = ["color-contrast", "link-in-text-block"];
