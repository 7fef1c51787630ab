import { expect, test } from "vitest";
import { InvalidInputError } from "../http/invalid-input.ts";
import { acceptEvents, parseEvents } from "./events.ts";

const NOW = Date.parse("2100-01-01T00:00:00Z");
const accept = (body: unknown, seed: string | null = null) =>
  acceptEvents(parseEvents(body), NOW, seed);

test("an event is completed with an id, a time and without what only the engine may write", () => {
  const [accepted] = accept({ name: "start", data: { n: 1, _inngest: { x: 1 } }, v: "2" });
  expect(accepted).toEqual({
    id: expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
    key: null,
    event: { name: "start", data: { n: 1 }, user: {}, id: accepted?.id, ts: NOW, v: "2" },
  });
});

test("the sender's id is the id that functions see, and limits the event to one run", () => {
  const [accepted] = accept({ name: "start", id: "sent", ts: 5, user: { a: 1 } });
  expect(accepted).toMatchObject({ key: "sent", event: { id: "sent", ts: 5, user: { a: 1 } } });
  expect(accepted?.id).not.toBe("sent");
});

test("an event sent in this process becomes what JSON makes of it", () => {
  const [accepted] = accept({ name: "start", data: { day: new Date(0), gone: undefined } });
  expect(accepted?.event.data).toEqual({ day: "1970-01-01T00:00:00.000Z" });
  expect(Object.keys(accepted?.event.data ?? {})).toEqual(["day"]);
});

test.each([
  ["what JSON cannot hold", { name: "a", data: { n: 1n } }, "event 0 is not JSON: "],
  ["nothing", undefined, "event 0 "],
  ["no name", { data: {} }, "event 0 needs a name"],
  ["a reserved name", { name: "inngest/x" }, 'event 0 has a name that starts with "inngest/"'],
  ["a name that cannot be stored", { name: "a\0" }, "event 0 has a name with characters"],
  ["an id that cannot be stored", { name: "a", id: "\ud800" }, "event 0 has an id with characters"],
  ["too large an event", { name: "a", data: { x: "x".repeat(600_000) } }, "event 0 is larger"],
  ["a time in nanoseconds", { name: "a", ts: 1.7e18 }, "event 0 has a ts that is not a time"],
  ["a text for a time", { name: "a", ts: "now" }, "event 0 has a ts that is not a number"],
  ["too many", Array(5001).fill({ name: "a" }), "5001 events in one request; at most 5000"],
  ["too long a name", { name: "é".repeat(257) }, "event 0 has a name of more than 512 bytes"],
])("%s is refused with the reason", (_, body, reason) => {
  expect(() => parseEvents(body)).toThrow(InvalidInputError);
  expect(() => parseEvents(body)).toThrow(reason);
});
