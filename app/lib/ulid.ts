const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_CHARACTERS = 10;
const ENTROPY_CHARACTERS = 16;

/** A ULID (https://github.com/ulid/spec): 48 bits of time, 80 bits of entropy, in Crockford's base 32. */
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The least ULID of a moment (epoch milliseconds): every id that was made before it is less, every one since is not. */
export function leastUlid(ms: number): string {
  let rest = Math.max(0, Math.floor(ms));
  let time = "";
  for (let place = 0; place < TIME_CHARACTERS; place++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time + "0".repeat(ENTROPY_CHARACTERS);
}
