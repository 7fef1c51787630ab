import { createError } from "~/reliability/errors.ts";

/**
 * Settles like `promise`, or rejects with TIMEOUT after `ms`; what goes on behind it is then nobody's any more.
 * @param what begins the message: "The database"
 */
export async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(createError("TIMEOUT", `${what} has not answered for ${ms / 1000} seconds.`));
    }, ms).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
