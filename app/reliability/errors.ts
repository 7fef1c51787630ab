/**
 * The one error taxonomy (design: "Error taxonomy"): every error that leaves a module has one of these codes.
 */
export const ERROR_CODES = {
  INVALID_CREDENTIALS: {
    retryable: false,
    advice: "Check the API key in the environment and restart.",
  },
  TOKEN_EXPIRED: { retryable: false, advice: "Create a new API key and restart." },
  UNAUTHORIZED: {
    retryable: false,
    advice: "The venue refuses this machine or key; use another host or key.",
  },
  RATE_LIMITED: {
    retryable: true,
    advice: "Nothing to do: requests pause until the venue allows them again.",
  },
  QUOTA_EXCEEDED: { retryable: false, advice: "Raise the quota of the key or wait for its reset." },
  INVALID_INPUT: { retryable: false, advice: "Correct the request and send it again." },
  INVALID_CONFIG: { retryable: false, advice: "Correct the configuration and restart." },
  INVALID_RESPONSE: {
    retryable: true,
    advice: "The venue sent something unreadable; it is asked again.",
  },
  SERVICE_UNAVAILABLE: {
    retryable: true,
    advice: "Nothing to do: the service is asked again until it answers.",
  },
  TIMEOUT: { retryable: true, advice: "Nothing to do: the request is sent again." },
  EXECUTION_FAILED: { retryable: false, advice: "Look at the message; the work was not done." },
  MAX_RETRIES_EXCEEDED: {
    retryable: false,
    advice: "Every attempt failed; look at the cause and replay.",
  },
  UNEXPECTED_ERROR: { retryable: true, advice: "This is a defect; look at the log." },
} as const satisfies Record<string, { retryable: boolean; advice: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export type AppErrorOptions = {
  /** What a person may read; no secrets, no stack. Defaults to `message`. */
  userMessage?: string;
  cause?: unknown;
  /** How long the other side asks to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Overrides the code's default. */
  retryable?: boolean;
};

export class AppError extends Error {
  override name = "AppError";
  readonly retryable: boolean;
  readonly userMessage: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
    this.userMessage = options.userMessage ?? message;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The error itself where it has a code already, otherwise `UNEXPECTED_ERROR` with the original as cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError("UNEXPECTED_ERROR", message, { cause: error });
}
