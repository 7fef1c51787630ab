/** The fields that the scenarios send in their events; which of them are there is the scenario's business. */
type EventData = {
  n: number;
  k: string;
  x: number;
  order: number | string;
  past: number;
  future: number;
};

type SomeEvent = { data?: unknown };

/** An event's data, without a schema. */
export const data = (event: SomeEvent) => (event.data ?? {}) as EventData;

/** What the engine says about a run that has ended. */
export const ending = (event: SomeEvent) =>
  (event.data ?? {}) as {
    function_id: string;
    run_id?: string;
    event: { name: string; data?: unknown };
    events?: unknown[];
    error?: { name: string; message: string };
    result?: unknown;
  };

/** An event's own fields; `user` is an addition some engines make. */
export const keysOf = (event: object): string[] =>
  Object.keys(event)
    .filter((key) => key !== "user")
    .sort();

/** The events' numbers, sorted: their order within a batch is not fixed. */
export const numbers = (events: SomeEvent[]): number[] =>
  events.map((event) => data(event).n).sort((a, b) => a - b);
