import { Transform } from "node:stream";

/**
 * A stream for React to render into. React writes a page in pieces of 2 KB and calls `flush` after each burst of them; passed on one by
 * one, every piece would cost a call of the compressor and of the socket. What was written since the last `flush` goes on as one chunk.
 */
export function createPageStream(): Transform & { flush(): void } {
  let pieces: Buffer[] = [];
  const stream = new Transform({
    transform(piece, _encoding, callback) {
      pieces.push(piece);
      callback();
    },
    flush(callback) {
      passOn();
      callback();
    },
  });
  function passOn() {
    if (pieces.length > 0) stream.push(Buffer.concat(pieces));
    pieces = [];
  }
  return Object.assign(stream, { flush: passOn });
}
