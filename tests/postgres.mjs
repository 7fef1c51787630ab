// @ts-check
// Runs every test that has a database in it once more on a real Postgres: a cluster of its own in a temporary folder, in another time
// zone than UTC, reached by a socket, gone afterwards. Needs Debian's postgresql (or initdb and pg_ctl on the PATH), not as root.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const DEBIAN = "/usr/lib/postgresql";
// Without autovacuum a plan does not depend on when it last came by.
const SETTINGS = "-c fsync=off -c autovacuum=off -c timezone=Asia/Kathmandu -c listen_addresses=''";

/** Folder of the server's programs; "" = they are on the PATH. */
function programs() {
  if (!existsSync(DEBIAN)) return "";
  const versions = readdirSync(DEBIAN).map(Number).filter(Boolean);
  return versions.length > 0 ? path.join(DEBIAN, String(Math.max(...versions)), "bin") : "";
}

/**
 * Runs a program of the server; Postgres refuses to run as root, which then becomes the user that Debian's package makes.
 * @param {string} name
 * @param {string[]} args
 */
function run(name, ...args) {
  const program = path.join(programs(), name);
  const command = isRoot
    ? ["runuser", "-u", "postgres", "--", program, ...args]
    : [program, ...args];
  execFileSync(command[0] ?? "", command.slice(1), {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(path.join(os.tmpdir(), "scope-pg-"));
const data = path.join(folder, "data");

function tidyUp() {
  if (existsSync(path.join(data, "postmaster.pid")))
    run("pg_ctl", "stop", "-D", data, "-m", "immediate", "-w");
  rmSync(folder, { recursive: true, force: true });
}

process.on("exit", tidyUp);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

if (isRoot) execFileSync("chown", ["postgres", folder]);
run("initdb", "-D", data, "-U", "scope", "-A", "trust", "-E", "UTF8", "--no-sync");
run(
  "pg_ctl",
  "start",
  "-D",
  data,
  "-w",
  "-l",
  path.join(folder, "log"),
  "-o",
  `${SETTINGS} -k ${folder}`,
);

const given = process.argv.slice(2);
const databases = ["tests/database.ts", "tests/database/create-database.ts"];
const which = given.length > 0 ? ["run", ...given] : ["related", "--run", ...databases];
const tests = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...which], {
  stdio: "inherit",
  env: {
    ...process.env,
    TEST_DATABASE_URL: `postgresql://scope@localhost/postgres?host=${folder}`,
  },
});
tests.on("exit", (code) => process.exit(code ?? 1));
