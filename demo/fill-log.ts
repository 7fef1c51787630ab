import { plain } from "./decimal.ts";
import { PRICE_ONE } from "./prices.ts";

export const SIDES = ["Buy", "Sell", "Split", "Merge", "Redeem"] as const;
export const BUY = 0;
export const SELL = 1;
export const SPLIT = 2;
export const MERGE = 3;
export const REDEEM = 4;

/** The smallest fee of a taker, 0.25 and one unit of the last decimal, as the venue charges it. */
export const MINIMUM_FEE = 32_767;
const MINIMUM_FEE_18 = 250_000_000_000_000_001n;

/** Decimals of shares as sent, and of price times shares. */
export const SHARES_SCALE = 16;
export const AMOUNT_SCALE = 20;
export const FEE_SCALE = 18;
export const PRICE_SCALE = 4;

/** One fill of one wallet. */
export type Fill = {
  whale: number;
  market: number;
  /** Index into `SIDES`. */
  side: number;
  /** 0 yes, 1 no. */
  outcome: number;
  /** Ten-thousandths. */
  price: number;
  /** Buy: millionths of a dollar before the fee. Sell, Redeem: millionths of a share. Split, Merge: millionths of a dollar. */
  quantity: number;
  /** Hundredths of a per cent of the value; negative = received; `MINIMUM_FEE`. */
  fee: number;
  /** Unix seconds. */
  createdAt: number;
  /** Seconds until the venue shows it. */
  late: number;
  /** Number of the transaction; fills of one transaction are neighbours in the log. */
  tx: number;
  /** Millionths of a dollar; NaN = not known. */
  profit: number;
  /** The venue sends this row's fee as a number beside `feeFormatted`. */
  feeAsNumber: boolean;
};

export type FillLog = {
  length(): number;
  /** Appends and returns the index. Fills come in the order of `createdAt`. */
  append(fill: Fill): number;
  get(index: number): Fill;
  createdAt(index: number): number;
  side(index: number): number;
  /** Shown at this moment (unix seconds)? */
  visible(index: number, at: number): boolean;
};

/** All fills in columns: a week at one a second takes 25 MB. */
export function createFillLog(): FillLog {
  let length = 0;
  let capacity = 32_768;
  let columns = allocate(capacity);
  function grow(): void {
    const wider = allocate(capacity * 2);
    wider.words.set(columns.words);
    wider.shorts.set(columns.shorts);
    wider.reals.set(columns.reals);
    columns = wider;
    capacity *= 2;
  }
  return {
    length: () => length,
    append: (fill) => {
      if (length === capacity) grow();
      const { words, shorts, reals } = columns;
      words[length * 2] = fill.createdAt;
      words[length * 2 + 1] = fill.tx;
      shorts[length * 5] = fill.whale;
      shorts[length * 5 + 1] = fill.market;
      shorts[length * 5 + 2] = fill.price;
      shorts[length * 5 + 3] = fill.fee + 32_768;
      shorts[length * 5 + 4] =
        fill.late | (fill.side << 8) | (fill.outcome << 12) | (fill.feeAsNumber ? 1 << 13 : 0);
      reals[length * 2] = fill.quantity;
      reals[length * 2 + 1] = fill.profit;
      return length++;
    },
    get: (index) => {
      if (index < 0 || index >= length) throw new RangeError(`There is no fill ${index}.`);
      const { words, shorts, reals } = columns;
      const flags = shorts[index * 5 + 4] ?? 0;
      return {
        whale: shorts[index * 5] ?? 0,
        market: shorts[index * 5 + 1] ?? 0,
        side: (flags >> 8) & 15,
        outcome: (flags >> 12) & 1,
        price: shorts[index * 5 + 2] ?? 0,
        quantity: reals[index * 2] ?? 0,
        fee: (shorts[index * 5 + 3] ?? 0) - 32_768,
        createdAt: words[index * 2] ?? 0,
        late: flags & 255,
        tx: words[index * 2 + 1] ?? 0,
        profit: reals[index * 2 + 1] ?? 0,
        feeAsNumber: (flags & (1 << 13)) !== 0,
      };
    },
    createdAt: (index) => columns.words[index * 2] ?? 0,
    side: (index) => ((columns.shorts[index * 5 + 4] ?? 0) >> 8) & 15,
    visible: (index, at) =>
      (columns.words[index * 2] ?? 0) + ((columns.shorts[index * 5 + 4] ?? 0) & 255) <= at,
  };
}

function allocate(capacity: number) {
  return {
    words: new Uint32Array(capacity * 2),
    shorts: new Uint16Array(capacity * 5),
    reals: new Float64Array(capacity * 2),
  };
}

/** The exact figures of a fill: shares at scale 16, fee at 18, amount at 20. A buy pays its fee, everything else receives less. */
export function figuresOf(fill: Fill): { shares: bigint; fee: bigint; amount: bigint } {
  const quantity = BigInt(fill.quantity);
  if (fill.side === SPLIT || fill.side === MERGE) {
    return { shares: 0n, fee: 0n, amount: quantity * 10n ** 14n };
  }
  const price = BigInt(fill.price);
  const shares =
    fill.side === BUY
      ? price === 0n
        ? 0n
        : (quantity * 10n ** 14n) / price
      : quantity * 10n ** 10n;
  const gross = price * shares;
  const fee =
    fill.fee === MINIMUM_FEE ? MINIMUM_FEE_18 : (gross * BigInt(fill.fee)) / 10_000n / 100n;
  return { shares, fee, amount: fill.side === BUY ? gross + fee * 100n : gross - fee * 100n };
}

/** Millionths of a dollar the fill is worth, fee aside. */
export function tradedValue(fill: Pick<Fill, "side" | "price" | "quantity">): number {
  return fill.side === SELL || fill.side === REDEEM
    ? Math.floor((fill.quantity * fill.price) / PRICE_ONE)
    : fill.quantity;
}

/** The fill's figures as canonical decimals. */
export function canonicalFigures(fill: Fill) {
  const { shares, fee, amount } = figuresOf(fill);
  return {
    price: plain(BigInt(fill.price), PRICE_SCALE),
    shares: plain(shares, SHARES_SCALE),
    amount: plain(amount, AMOUNT_SCALE),
    fee: plain(fee, FEE_SCALE),
  };
}
