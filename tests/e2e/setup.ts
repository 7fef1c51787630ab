import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { buildOnce, dataOf, startServer, waitFor } from "../server/server-process.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** http://127.0.0.1:PORT of the demo, without a slash at the end. */
    demoUrl: string;
  }
}

/** Starts the built demo on a new folder and waits until its lists have more than one page. */
export default async function setup(project: TestProject) {
  await buildOnce();
  const folder = mkdtempSync(path.join(os.tmpdir(), "opinion-scope-e2e-"));
  const server = await startServer({
    mode: "demo",
    env: { DATA_DIR: folder, LOG_LEVEL: "warn" },
  });
  const end = async () => {
    await server.end("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const list of ["trades", "markets", "syncs?status=completed&type=stats"]) {
      const least = list.startsWith("syncs") ? 1 : 120;
      const page = `/api/v1/${list}${list.includes("?") ? "&" : "?"}limit=120`;
      await waitFor(
        () => dataOf(server.url, page),
        (rows) => rows.length >= least,
        60_000,
      );
    }
  } catch (error) {
    await end();
    throw new Error(`The demo has too little to show:\n${server.output()}`, { cause: error });
  }
  project.provide("demoUrl", server.url);
  return end;
}
