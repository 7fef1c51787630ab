import fc from "fast-check";
import { expect, test } from "vitest";
import { createNotificationScanner } from "./notification-scanner.mjs";

type Message = { type: string; body: Buffer };

const other = fc.record({
  type: fc.constantFrom("D", "C", "Z", "T", "N", "S"),
  body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
});
const notification = fc
  .tuple(fc.constantFrom("opinion_scope", "another"), fc.constantFrom("trades", "", "größer"))
  .map(([channel, payload]) => ({
    type: "A",
    body: Buffer.from(`\0\0\0\x2a${channel}\0${payload}\0`),
    told: [channel, payload],
  }));

function bytesOf(messages: Message[]): Buffer {
  return Buffer.concat(
    messages.flatMap(({ type, body }) => {
      const head = Buffer.alloc(5);
      head.write(type);
      head.writeUInt32BE(body.length + 4, 1);
      return [head, body];
    }),
  );
}

function scan() {
  const found: string[][] = [];
  return { found, scanner: createNotificationScanner((...told) => found.push(told)) };
}

test("every notification is found, in order, wherever the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(other, notification), { maxLength: 12 }),
      fc.array(fc.nat(2000), { maxLength: 20 }),
      (messages, places) => {
        const bytes = bytesOf(messages);
        const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
        cuts.sort((a, b) => a - b);
        const { found, scanner } = scan();
        for (const [n, end] of cuts.entries()) scanner.read(bytes.subarray(cuts[n - 1] ?? 0, end));
        expect(found).toEqual(messages.flatMap((m) => ("told" in m ? [m.told] : [])));
      },
    ),
  );
});

test("after a reset the half of a message that came before does not matter", () => {
  const { found, scanner } = scan();
  scanner.read(bytesOf([{ type: "D", body: Buffer.alloc(500) }]).subarray(0, 100));
  scanner.reset();
  scanner.read(bytesOf([{ type: "A", body: Buffer.from("\0\0\0\0opinion_scope\0syncs\0") }]));
  expect(found).toEqual([["opinion_scope", "syncs"]]);
});
