import { expect, test } from "vitest";
import { txUrlOf } from "./tx-url.ts";

const txHash = `0x${"ab".repeat(32)}`;

test("a transaction of Opinion is at BscScan", () => {
  expect(txUrlOf({ venue: "opinion", txHash }, false)).toBe(`https://bscscan.com/tx/${txHash}`);
});

test.each([
  ["a simulated one", { venue: "opinion", txHash }, true],
  ["one of a venue without a known explorer", { venue: "elsewhere", txHash }, false],
  ["what is no hash", { venue: "opinion", txHash: "0x12/../evil" }, false],
])("%s has no link", (_, trade, demo) => {
  expect(txUrlOf(trade, demo)).toBeNull();
});
