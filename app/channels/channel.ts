import type { AttemptLog } from "~/reliability/attempts.server.ts";

/** A notification as it leaves the app; times ISO UTC. */
export type Message = {
  /** Equal for every delivery of the same message. */
  id: string;
  kind: "incident" | "recovery" | "test";
  severity: "info" | "success" | "warning" | "error";
  /** What it is about: a venue's id, or "app". */
  scope: string;
  title: string;
  /** One line for each thing that is wrong. */
  body: string;
  /** Path of a page of the app that shows more; null = there is none. */
  link: string | null;
  createdAt: string;
  /** Of a recovery: the id of the incident that is over. */
  incidentId: string | null;
};

/** A way in which people are told. Adding one means adding a file here and naming it in `index.ts`. */
export type Channel = {
  /** Names the channel's step and stays the same for ever. */
  id: string;
  /** "Webhook" */
  name: string;
  /** Where it leads, fit to be shown: without secrets. */
  target: string;
  /**
   * Brings a message there; resolves once it has been taken. Every attempt is recorded in `attempts`.
   * @throws AppError that says what to do; not retryable where another attempt cannot help
   */
  deliver(message: Message, attempts: AttemptLog | null): Promise<void>;
};
