/** What was given to the engine cannot be used; `message` says what is wrong with which part, `status` is HTTP's word for it. */
export class InvalidInputError extends Error {
  override name = "InvalidInputError";
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** What an error says. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
