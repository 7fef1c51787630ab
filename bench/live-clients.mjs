// @ts-check
// Open pages without a browser: each reads the stream of /live. Tells the parent process when every one of them has had so many events,
// and when each had the last of them.
import { request } from "node:http";

/** @type {{ url: string, clients: number }} */
const { url, clients } = JSON.parse(process.argv[2] ?? "{}");

let wanted = Number.POSITIVE_INFINITY;
/** @type {number[]} how many events each has had since the last question */
let counts = [];
/** @type {number[]} */
let arrivals = [];

/** The monotonic clock of the machine, which the parent process reads, too. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

/** @param {number} client */
function onChange(client) {
  counts[client] = (counts[client] ?? 0) + 1;
  if (counts[client] !== wanted) return;
  arrivals.push(now());
  if (arrivals.length === clients) process.send?.(arrivals);
}

/** @param {number} client */
function open(client) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        const blocks = (text + chunk).split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) {
          if (block.startsWith("event: hello")) resolve(undefined);
          if (block.startsWith("event: change")) onChange(client);
        }
      });
      response.on("end", () => reject(new Error("The server ended a stream.")));
    });
    outgoing.on("error", reject).end();
  });
}

await Promise.all(Array.from({ length: clients }, (_, client) => open(client)));
process.send?.("open");

// The parent asks before it causes the events.
process.on("message", (/** @type {number} */ events) => {
  wanted = events;
  counts = [];
  arrivals = [];
  process.send?.("waiting");
});
