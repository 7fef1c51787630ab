import type { ActionFunctionArgs, LoaderFunctionArgs } from "react-router";
import { servicesContext } from "~/context.ts";
import { AppError } from "~/reliability/errors.ts";
import { errorResponse, responseOfError } from "./api-errors.ts";

type Args = LoaderFunctionArgs | ActionFunctionArgs;
type Method = "GET" | "POST" | "DELETE";

/**
 * Serves an API route by method; use it as both loader and action. Whatever is thrown becomes an answer in the error shape, what is
 * not foreseen is logged; other methods are a 405.
 */
export function apiHandler(methods: Partial<Record<Method, (args: Args) => Promise<Response>>>) {
  const allowed = Object.keys(methods).flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : name));
  return async (args: Args): Promise<Response> => {
    const name = args.request.method === "HEAD" ? "GET" : args.request.method;
    const method = Object.hasOwn(methods, name) ? methods[name as Method] : undefined;
    if (!method) {
      return errorResponse(405, `Use ${allowed.join(", ")} here.`, {
        headers: { Allow: allowed.join(", ") },
      });
    }
    try {
      return await method(args);
    } catch (error) {
      if (error instanceof Response) return error;
      if (!(error instanceof AppError)) {
        const { logger } = args.context.get(servicesContext);
        logger.error({ err: error, method: name, path: args.url.pathname }, "API request failed");
      }
      return responseOfError(error);
    }
  };
}
