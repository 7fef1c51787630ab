import { errorResponse } from "~/lib/api-errors.ts";

const handler = ({ url }: { url: URL }): Response =>
  errorResponse(404, `The API has no ${url.pathname}.`);

export const loader = handler;
export const action = handler;
