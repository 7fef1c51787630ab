/** An event as commands hand it over; names and data are checked against `app/inngest/types.ts` where it is received. */
export type OutgoingEvent = {
  name: string;
  data: Record<string, unknown>;
  /** Equal ids start one run per function within 24 hours. */
  id?: string;
};

/** Hands an event to the job engine in use; resolves with the event id once it is accepted durably. */
export type Send = (event: OutgoingEvent) => Promise<string>;
