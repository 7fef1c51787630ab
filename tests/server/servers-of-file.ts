import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import {
  BUILD_TIMEOUT_MS,
  buildOnce,
  type ServerOptions,
  type ServerProcess,
  startServer,
} from "./server-process.ts";

/**
 * Servers and folders of one test file, made from the present build: whatever a test leaves is ended and removed after the file. To be
 * called once, at the top of the file.
 */
export function serversOfFile() {
  const started: ServerProcess[] = [];
  const folders: string[] = [];
  beforeAll(buildOnce, 2 * BUILD_TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all(started.map((server) => server.end("SIGKILL")));
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return {
    /** A new folder. */
    folder: () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), "opinion-scope-server-"));
      folders.push(folder);
      return folder;
    },
    /** As `startServer`. */
    start: async (options: ServerOptions): Promise<ServerProcess> => {
      const server = await startServer(options);
      started.push(server);
      return server;
    },
  };
}
