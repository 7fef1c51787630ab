import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];
