const HEADER_BYTES = 5;
/** Type of a NotificationResponse message. */
const NOTIFICATION = "A".charCodeAt(0);

/**
 * Finds the notifications in the stream of messages that Postgres sends, however it is cut into pieces. A message is its type (1 byte),
 * its length (4 bytes, which count themselves) and its body.
 * @param {(channel: string, payload: string) => void} onNotification
 */
export function createNotificationScanner(onNotification) {
  const empty = new Uint8Array(0);
  /** Beginning of a message that is not here as a whole yet. */
  let begun = empty;
  /** Bytes still to come of a message that is of no interest. */
  let ignored = 0;

  return {
    /** @param {Uint8Array} piece */
    read(piece) {
      const data = begun.length > 0 ? Buffer.concat([begun, piece]) : piece;
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      let at = Math.min(ignored, data.length);
      ignored -= at;
      while (data.length - at >= HEADER_BYTES) {
        const end = at + 1 + view.getUint32(at + 1);
        if (data[at] === NOTIFICATION) {
          if (end > data.length) break;
          const [channel = "", payload = ""] = textsOf(data.subarray(at + HEADER_BYTES + 4, end));
          onNotification(channel, payload);
        }
        ignored = Math.max(0, end - data.length);
        at = Math.min(end, data.length);
      }
      begun = at < data.length ? data.slice(at) : empty;
    },
    /** The next piece begins with a message, whatever came before. */
    reset() {
      begun = empty;
      ignored = 0;
    },
  };
}

/** @param {Uint8Array} body texts that each end with a zero byte */
function textsOf(body) {
  return new TextDecoder().decode(body).split("\0");
}
