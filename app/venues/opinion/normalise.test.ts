import { expect, test } from "vitest";
import type { TradeRow } from "~/lib/rows.ts";
import {
  leaderboardEntry,
  marketEntries,
  parentStatus,
  priceRow,
  tradeEntry,
} from "./normalise.ts";

const WALLET = "0x00000000000000000000000000000000000000aa";
const LATEST = Date.UTC(2027, 0, 1);

const trade = {
  amount: "0.798776",
  chainId: "56",
  createdAt: 1_785_575_705,
  fee: "0.250000000000000001",
  marketId: 26_356,
  marketTitle: "↑ 100,000",
  outcome: "YES",
  outcomeSide: 1,
  outcomeSideEnum: "Yes",
  price: "0.029000000000000000",
  profit: "",
  quoteToken: "0x55d398326f99059fF775485246999027B3197955",
  rootMarketId: 1_277,
  rootMarketTitle: "What price will Bitcoin hit in August?",
  shares: "18.9233103448275862",
  side: "Buy",
  status: 2,
  statusEnum: "Finished",
  txHash: "0xdb3d455a7e6a10ab300f1a4519578fe85c3375f984e9e31d406a00c0a374d5e0",
  usdAmount: "798776000000000000.000000000000000000",
};

const child = {
  chainId: "56",
  conditionId: "",
  createdAt: 1_769_938_712,
  cutoffAt: 0,
  marketId: 5_342,
  marketTitle: "Perplexity AI",
  noLabel: "NO",
  noTokenId: "30855947370351358952326667326829759123027516976930542473930806788720541985825",
  questionId: "d8590593e05e9b10f1eed59574ab887904f59912a657e1ad5daf1219be755b65",
  resolvedAt: 0,
  resultTokenId: "",
  rules: "",
  slug: "perplexity-ai",
  status: 2,
  statusEnum: "Activated",
  volume: "3177361.2305",
  yesLabel: "YES",
  yesTokenId: "34523248322671324371935623641070962352311492138677110458860753863949804614439",
};

const parent = {
  chainId: "56",
  childMarkets: [
    child,
    { ...child, marketId: 5_343, marketTitle: "Anthropic", cutoffAt: 1_790_000_000 },
  ],
  conditionId: "",
  createdAt: 1_769_938_712,
  cutoffAt: 1_798_675_200,
  labels: ["Business"],
  marketId: 337,
  marketTitle: "Which companies will be acquired before 2027?",
  marketType: 1,
  noLabel: "",
  noTokenId: "",
  resolvedAt: 0,
  status: 1,
  statusEnum: "Created",
  volume: "1465856464.247000000000000000",
  volume24h: "",
  yesLabel: "",
  yesTokenId: "",
};

const row = (changes: object): TradeRow | undefined =>
  tradeEntry({ ...trade, ...changes }, WALLET, LATEST).row;
const bad = (changes: object) => {
  const found = tradeEntry({ ...trade, ...changes }, WALLET, LATEST).bad;
  return found && `${found.path}: ${found.message}`;
};

test("a fill keeps every digit, and its value is amount, not usdAmount", () => {
  expect(row({})).toEqual({
    venue: "opinion",
    wallet: WALLET,
    txHash: trade.txHash,
    marketExternalId: "26356",
    marketTitle: "↑ 100,000",
    parentExternalId: "1277",
    parentTitle: "What price will Bitcoin hit in August?",
    outcomeSide: "yes",
    outcomeLabel: "YES",
    side: "buy",
    price: "0.029",
    shares: "18.9233103448275862",
    amount: "0.798776",
    fee: "0.250000000000000001",
    tradedAt: new Date("2026-08-01T09:15:05Z"),
  });
});

test("a binary market has no parent: its root is itself, missing or 0", () => {
  for (const rootMarketId of [26_356, "26356", 0, "", null, undefined]) {
    expect(row({ rootMarketId })).toMatchObject({ parentExternalId: null, parentTitle: null });
  }
});

test("fees as text, as number and scaled by 10^18 beside their readable form", () => {
  expect(row({ fee: "" })?.fee).toBeNull();
  expect(row({ fee: undefined })?.fee).toBeNull();
  expect(row({ fee: 0 })?.fee).toBe("0");
  expect(row({ fee: -0.25 })?.fee).toBe("-0.25");
  expect(row({ fee: 1e-7 })?.fee).toBe("0.0000001");
  expect(row({ fee: -250_000_000_000_000_000, feeFormatted: "-0.25" })?.fee).toBe("-0.25");
  expect(row({ fee: 7, feeFormatted: "" })?.fee).toBe("7");
  expect(bad({ fee: 1_163_166_389_280_000 })).toContain("fee: is too large for a fee");
  expect(bad({ fee: "250000000000000001" })).toContain("fee: is too large for a fee");
  expect(bad({ fee: { wei: 1 } })).toContain("fee: ");
  expect(bad({ feeFormatted: "n/a" })).toContain("feeFormatted: ");
});

test("split, merge and unknown sides are kept, the outcome as well as it can be told", () => {
  expect(
    row({ side: "Split", shares: "0", outcomeSide: 0, outcomeSideEnum: "", outcome: "" }),
  ).toMatchObject({
    side: "split",
    shares: "0",
    outcomeSide: "",
  });
  expect(row({ side: "MERGE" })?.side).toBe("merge");
  expect(row({ side: "Redeem" })?.side).toBe("redeem");
  expect(row({ outcomeSide: 2 })?.outcomeSide).toBe("no");
  expect(row({ outcomeSide: "2" })?.outcomeSide).toBe("no");
  expect(row({ outcomeSide: undefined, outcomeSideEnum: "No" })?.outcomeSide).toBe("no");
  expect(
    row({ outcomeSide: undefined, outcomeSideEnum: undefined, outcome: "no" })?.outcomeSide,
  ).toBe("no");
  expect(row({ outcomeSide: null, outcomeSideEnum: null, outcome: "TEC Esports" })).toMatchObject({
    outcomeSide: "TEC Esports",
    outcomeLabel: "TEC Esports",
  });
  expect(row({ outcomeSide: 3, outcomeSideEnum: "Both" })?.outcomeSide).toBe("3");
});

test("a row that cannot be trusted is kept whole with the path of what is wrong", () => {
  const sent = { ...trade, price: "NaN" };
  expect(tradeEntry(sent, WALLET, LATEST).bad).toEqual({
    payload: sent,
    path: "price",
    message: expect.stringContaining("decimal"),
  });
  expect(bad({ price: 1.01 })).toContain("price: must be a price from 0 to 1");
  expect(bad({ price: "" })).toContain("price: ");
  expect(bad({ shares: null })).toContain("shares: ");
  expect(bad({ amount: "-1" })).toContain("amount: must not be negative");
  expect(bad({ createdAt: 0 })).toContain("createdAt: ");
  expect(bad({ createdAt: 1_785_575_705_000 })).toContain("createdAt: must be unix seconds");
  expect(bad({ txHash: undefined })).toContain("txHash: ");
  expect(bad({ side: " " })).toContain("side: ");
  expect(bad({ marketId: -1 })).toContain("marketId: ");
  expect(bad({ status: 5 })).toContain("status: is not that of a filled trade");
  expect(row({ amount: "", status: undefined })?.amount).toBeNull();
  for (const nothing of [null, 7, "row", []]) {
    expect(tradeEntry(nothing, WALLET, LATEST).bad).toMatchObject({ payload: nothing, path: "" });
  }
});

test("a categorical comes with its children: theirs is the status, the parent's the cut-off they lack", () => {
  const [entry] = marketEntries(parent);
  const [first, perplexity, anthropic] = entry?.row ?? [];
  expect(entry?.row).toHaveLength(3);
  expect(first).toMatchObject({
    kind: "categorical",
    externalId: "337",
    parentExternalId: null,
    status: "activated",
    yesTokenId: null,
    yesLabel: null,
    volume: "1465856464.247",
    volume24h: null,
    volume7d: null,
    labels: ["Business"],
  });
  expect(perplexity).toMatchObject({
    kind: "binary",
    externalId: "5342",
    parentExternalId: "337",
    title: "Perplexity AI",
    conditionId: null,
    rules: null,
    resolvedAt: null,
    resultSide: null,
    cutoffAt: new Date("2026-12-31T00:00:00Z"),
  });
  expect(anthropic?.cutoffAt).toEqual(new Date(1_790_000_000_000));
});

test("a parent, its child and a binary with the same number stay three markets", () => {
  const same = { ...parent, childMarkets: [{ ...child, marketId: 337 }] };
  expect(
    marketEntries(same)[0]?.row?.map(({ kind, externalId, parentExternalId }) => [
      kind,
      externalId,
      parentExternalId,
    ]),
  ).toEqual([
    ["categorical", "337", null],
    ["binary", "337", "337"],
  ]);
  expect(marketEntries({ ...child, marketId: 337, marketType: 0 })[0]?.row?.[0]).toMatchObject({
    kind: "binary",
    externalId: "337",
    parentExternalId: null,
  });
});

test("a bad child loses neither its siblings nor its parent; a bad parent is kept whole", () => {
  const broken = { ...child, volume: "lots" };
  const entries = marketEntries({ ...parent, childMarkets: [broken, child, null] });
  expect(entries.map((entry) => entry.row?.length ?? entry.bad?.path)).toEqual([2, "volume", ""]);
  expect(entries[1]?.bad).toMatchObject({ payload: broken, nested: true });
  const badParent = { ...parent, marketTitle: "" };
  expect(marketEntries(badParent)).toEqual([
    { bad: { payload: badParent, path: "marketTitle", message: "must not be blank" } },
  ]);
});

test("a parent's status follows from its children's", () => {
  expect(parentStatus("created", ["resolved", "activated"])).toBe("activated");
  expect(parentStatus("created", ["resolved", "resolved"])).toBe("resolved");
  expect(parentStatus("activated", ["resolved", "resolving"])).toBe("resolving");
  expect(parentStatus("activated", ["created", "resolved"])).toBe("created");
  expect(parentStatus("activated", ["deleted", "failed"])).toBe("failed");
  expect(parentStatus("activated", ["deleted"])).toBe("deleted");
  expect(parentStatus("activated", ["resolved", "unknown"])).toBe("activated");
  expect(parentStatus("resolving", [])).toBe("resolving");
  const half = {
    ...parent,
    childMarkets: [
      { ...child, status: 4 },
      { ...child, marketId: "x" },
    ],
  };
  expect(marketEntries(half)[0]?.row?.[0]?.status).toBe("created");
});

test("a status is read by number, else by name; what is neither is unknown", () => {
  const status = (changes: object) => marketEntries({ ...child, ...changes })[0]?.row?.[0]?.status;
  expect([1, 2, 3, 4, 5, 6].map((number) => status({ status: number }))).toEqual([
    "created",
    "activated",
    "resolving",
    "resolved",
    "failed",
    "deleted",
  ]);
  expect(status({ status: "4", statusEnum: "" })).toBe("resolved");
  expect(status({ status: undefined, statusEnum: "Resolved" })).toBe("resolved");
  expect(status({ status: 9, statusEnum: "Paused" })).toBe("unknown");
});

test("the winner is told by its token; a draw and an open market have none", () => {
  const result = (resultTokenId: string) =>
    marketEntries({ ...child, resultTokenId })[0]?.row?.[0]?.resultSide;
  expect(result(child.yesTokenId)).toBe("yes");
  expect(result(child.noTokenId)).toBe("no");
  expect(result("1")).toBeNull();
  const untraded = { ...child, yesTokenId: "", noTokenId: "", resultTokenId: "" };
  expect(marketEntries(untraded)[0]?.row?.[0]?.resultSide).toBeNull();
});

test("a price has the time of its trade; price and time 0 mean never traded", () => {
  expect(priceRow({ tokenId: "12", price: "0.719", timestamp: 1_790_506_505_000 }, "12")).toEqual({
    tokenId: "12",
    price: "0.719",
    at: new Date(1_790_506_505_000),
  });
  expect(priceRow({ tokenId: "12", price: "0", timestamp: 0 }, "12")).toBeNull();
  expect(() =>
    priceRow({ tokenId: "13", price: "0.5", timestamp: 1_790_506_505_000 }, "12"),
  ).toThrow();
  expect(() => priceRow({ tokenId: "12", price: "0.5", timestamp: 1_790_506_505 }, "12")).toThrow();
  expect(() => priceRow({ tokenId: "12", price: "0.5", timestamp: 0 }, "12")).toThrow();
});

test("a rank has a lower-case address, and a name where there is one", () => {
  const ranked = {
    walletAddress: `0x${"AB".repeat(20)}`,
    userName: "",
    xUsername: "satoshi",
    rankingValue: 12.5,
  };
  expect(leaderboardEntry(ranked).row).toEqual({
    venue: "opinion",
    address: `0x${"ab".repeat(20)}`,
    name: "satoshi",
    rankValue: "12.5",
  });
  expect(leaderboardEntry({ ...ranked, xUsername: null, rankingValue: "" }).row).toMatchObject({
    name: null,
    rankValue: null,
  });
  expect(leaderboardEntry({ ...ranked, walletAddress: "0x12" }).bad?.path).toBe("walletAddress");
});

test("a fill dated in the future is a bad row: as the newest known it would hide every later one", () => {
  const ahead = { ...trade, createdAt: LATEST / 1000 + 1 };
  expect(tradeEntry(ahead, WALLET, LATEST).bad).toEqual({
    payload: ahead,
    path: "createdAt",
    message: "lies in the future",
  });
  expect(tradeEntry({ ...trade, createdAt: LATEST / 1000 }, WALLET, LATEST).row).toBeDefined();
});
