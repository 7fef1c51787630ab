import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import {
  ask,
  buildOnce,
  dataOf,
  postJson,
  startServer,
  waitFor,
} from "../server/server-process.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** http://127.0.0.1:PORT of the demo, without a slash at the end. */
    demoUrl: string;
  }
}

const WHALES = 15;

/** Waits until a number of wallets have been read to their beginning, and has their figures computed then. */
async function waitForFigures(url: string): Promise<void> {
  const ids = Array.from({ length: 60 }, (_, index) => index + 1);
  const whales = () => Promise.all(ids.map((id) => dataOf(url, `/api/v1/whales/${id}`)));
  await waitFor(whales, (all) => all.filter(isComplete).length >= WHALES, 120_000);
  await ask(url, postJson("/api/v1/syncs", { type: "stats" }));
  await waitFor(whales, (all) => all.filter(hasFigures).length >= WHALES, 60_000);
}

type Whale = { history: { completeSince: string | null } | null; stats: { volume: unknown }[] };

const isComplete = (whale?: Whale) => whale?.history?.completeSince != null;
const hasFigures = (whale?: Whale) => whale?.stats.every(({ volume }) => volume !== null);

/** Starts the built demo on a new folder and waits until its lists have more than one page, and whales have figures. */
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
    await waitForFigures(server.url);
  } catch (error) {
    await end();
    throw new Error(`The demo has too little to show:\n${server.output()}`, { cause: error });
  }
  project.provide("demoUrl", server.url);
  return end;
}
