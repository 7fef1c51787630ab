import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** What a demo world is made of; equal values give the same world. */
type WorldFile = {
  seed: string;
  /** Epoch milliseconds. */
  startedAt: number;
  apiKey: string;
};

function parse(text: string, path: string): WorldFile {
  const problem = `${path} does not describe a demo world: it needs "seed", "startedAt" and "apiKey". Delete the folder to start a new world.`;
  let content: Partial<WorldFile> | null;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new Error(problem, { cause });
  }
  const { seed, startedAt, apiKey } = content ?? {};
  if (typeof seed !== "string" || typeof apiKey !== "string" || !Number.isSafeInteger(startedAt)) {
    throw new Error(problem);
  }
  return { seed, startedAt: Number(startedAt), apiKey };
}

/**
 * The world of a data folder, kept in `demo-world.json`; made on the first start, with its history ending now.
 * @param now epoch milliseconds
 * @throws when the file is there but cannot be understood
 */
export async function readOrCreateWorld(dataDir: string, now: number): Promise<WorldFile> {
  const path = join(dataDir, "demo-world.json");
  try {
    return parse(await readFile(path, "utf8"), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const world = {
    seed: randomBytes(8).toString("hex"),
    startedAt: Math.floor(now),
    apiKey: `demo-${randomBytes(16).toString("hex")}`,
  };
  await mkdir(dataDir, { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(world, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return world;
}
