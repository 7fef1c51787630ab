import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readOrCreateWorld } from "./world-file.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "demo-world-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

test("a data folder keeps its world from the first start on", async () => {
  const dataDir = join(await folder(), "new", "demo");
  const first = await readOrCreateWorld(dataDir, 1_795_000_000_123);
  const second = await readOrCreateWorld(dataDir, 1_796_000_000_000);
  expect(first.startedAt).toBe(1_795_000_000_123);
  expect(second).toEqual(first);
  expect(await readdir(dataDir)).toEqual(["demo-world.json"]);
});

test("two data folders have different worlds and keys", async () => {
  const first = await readOrCreateWorld(await folder(), 0);
  const second = await readOrCreateWorld(await folder(), 0);
  expect(first.seed).not.toBe(second.seed);
  expect(first.apiKey).not.toBe(second.apiKey);
});

test.each(["", "{", "null", '{"seed":"a","startedAt":"soon","apiKey":"k"}'])(
  "a damaged world file is reported, not replaced: %j",
  async (content) => {
    const dataDir = await folder();
    await writeFile(join(dataDir, "demo-world.json"), content);
    await expect(readOrCreateWorld(dataDir, 0)).rejects.toThrow(
      /demo-world\.json does not describe/,
    );
  },
);
