/** A part of an address as it is meant, its escapes resolved; where they are not well-formed, as it is written. */
export function decodedPart(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
