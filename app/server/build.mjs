// @ts-check
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { FIRST_PAGE_BUDGET, firstPageSize } from "./first-page.mjs";

/** What the build is made of; a change in any of it makes a new one. */
const INPUTS = [
  "app",
  "demo",
  "prisma",
  "public",
  "package-lock.json",
  "react-router.config.ts",
  "tsconfig.json",
  "vite.config.ts",
];
const STAMP = "build/inputs.sha256";

/**
 * Builds the web app and, at the same time, the template of an empty migrated database; that one lies elsewhere, because the build
 * empties its own folder first.
 * @param {string} root folder of the project
 */
export async function build(root) {
  const digest = await digestOf(root);
  await Promise.all([
    run(root, "node_modules/@react-router/dev/bin.js", ["build"]),
    run(root, "node_modules/tsx/dist/cli.mjs", [
      "app/server/database-commands.ts",
      "template",
      ".cache/database/template.tar.gz",
    ]),
  ]);
  await mkdir(path.join(root, "build"), { recursive: true });
  await writeFile(path.join(root, STAMP), digest);
}

/**
 * Builds unless the last build was made of the same files.
 * @param {string} root folder of the project
 */
export async function buildIfChanged(root) {
  const stamp = path.join(root, STAMP);
  const last = existsSync(stamp) ? await readFile(stamp, "utf8") : null;
  if (last === (await digestOf(root)) && existsSync(path.join(root, "build/server/index.js"))) {
    return;
  }
  process.stdout.write("Building (once; later starts build only what changed) …\n");
  await build(root);
}

/** @param {string} root */
async function digestOf(root) {
  const hash = createHash("sha256").update(process.version);
  for (const input of INPUTS) await add(hash, root, input);
  return hash.digest("hex");
}

/**
 * @param {import("node:crypto").Hash} hash
 * @param {string} root
 * @param {string} relative
 */
async function add(hash, root, relative) {
  const absolute = path.join(root, relative);
  if (!existsSync(absolute)) return;
  const entries = await readdir(absolute, { withFileTypes: true }).catch((error) => {
    if (error.code === "ENOTDIR") return null;
    throw error;
  });
  if (entries === null) {
    hash.update(`${relative}\0`).update(await readFile(absolute));
    return;
  }
  const names = entries
    .map((entry) => entry.name)
    .filter((name) => name !== "generated" && !name.includes(".test."));
  for (const name of names.sort()) await add(hash, root, path.join(relative, name));
}

/**
 * Runs a script of a dependency; its output is shown only when it fails.
 * @param {string} root
 * @param {string} script
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(root, script, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_ENV: "production" };
    const child = spawn(process.execPath, [path.join(root, script), ...args], { cwd: root, env });
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve();
      const text = Buffer.concat(output).toString();
      reject(new Error(`${script} ${args.join(" ")} failed (${code}):\n${text}`));
    });
  });
}

/**
 * Prints what a browser loads for the first page.
 * @param {string} root
 * @throws when that is more than the budget
 */
async function reportFirstPage(root) {
  const size = await firstPageSize(root);
  for (const kind of /** @type {const} */ (["js", "css"])) {
    const [used, budget] = [size[kind], FIRST_PAGE_BUDGET[kind]].map((bytes) =>
      (bytes / 1000).toFixed(1),
    );
    process.stdout.write(`first page, ${kind}: ${used} of ${budget} kB gzip\n`);
    if (size[kind] > FIRST_PAGE_BUDGET[kind]) {
      throw new Error(`The first page loads ${used} kB of ${kind}; its budget is ${budget} kB.`);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
  await build(root)
    .then(() => reportFirstPage(root))
    .catch((error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
}
