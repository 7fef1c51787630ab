import { type ClientRequest, type IncomingMessage, request } from "node:http";

type StreamEvent = { name: string; topics: string[]; at: number };

export type EventStream = {
  response: IncomingMessage;
  /** The next event, from the first one on; rejects when the stream has ended. */
  next(): Promise<StreamEvent>;
  /** Reads on until the server ends the stream. */
  rest(): Promise<StreamEvent[]>;
  /** As a browser that goes away. */
  leave(): void;
};

/** Opens a stream of server-sent events and waits for its first byte. */
export async function openEvents(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  let outgoing: ClientRequest | undefined;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing = request(url, { agent: false, headers }, resolve).on("error", reject).end();
  });
  const events = eventsOf(response);
  return {
    response,
    rest: async () => {
      const rest: StreamEvent[] = [];
      for await (const event of events) rest.push(event);
      return rest;
    },
    next: async () => {
      const { value, done } = await events.next();
      if (done) throw new Error("The stream has ended.");
      return value;
    },
    leave: () => outgoing?.destroy(),
  };
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<StreamEvent> {
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, name = "", data = "[]"] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      yield { name, topics: JSON.parse(data), at: performance.now() };
    }
  }
}
