import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ENTROPY_BYTES = 10;

export const isUlid = (text: string) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);

/** A ULID (https://github.com/ulid/spec): 48 bits of epoch milliseconds, 80 bits of entropy, 26 characters of Crockford's base 32. */
export function ulid(ms: number, entropy: Uint8Array = randomBytes(ENTROPY_BYTES)): string {
  let value = BigInt(Math.max(0, Math.floor(ms))) & 0xffff_ffff_ffffn;
  for (const byte of entropy.subarray(0, ENTROPY_BYTES)) value = (value << 8n) | BigInt(byte);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = ALPHABET.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

/**
 * The id of the `index`-th event of a request that came with a seed (header `x-inngest-event-id-seed`, "<epoch ms>,<10 bytes in base64>"):
 * the same for each retry of the same request. Null where the seed is not one.
 */
export function seededUlid(seed: string, index: number): string | null {
  const match = /^(\d{1,15}),([A-Za-z0-9+/]{14}={0,2})$/.exec(seed);
  const entropy = Buffer.from(match?.[2] ?? "", "base64");
  if (!match || entropy.length !== ENTROPY_BYTES) return null;
  const sum = (BigInt(`0x${entropy.toString("hex")}`) + BigInt(index)) & ((1n << 80n) - 1n);
  return ulid(Number(match[1]), Buffer.from(sum.toString(16).padStart(20, "0"), "hex"));
}
