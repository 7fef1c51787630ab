// @ts-check
import { spawn } from "node:child_process";

/**
 * `npm run dev:inngest`: the development server with its jobs run by the Inngest dev server. The CLI downloads its binary, so this needs
 * the internet the first time.
 */
const port = process.env.PORT || "3000";
const endpoint = `http://127.0.0.1:${port}/api/inngest`;

/** @type {[string, string[], NodeJS.ProcessEnv][]} */
const commands = [
  [process.execPath, ["app/server/main.mjs", "dev"], { INNGEST_DEV: "1" }],
  [
    "npx",
    [
      "--yes",
      "--ignore-scripts=false",
      "inngest-cli@latest",
      "dev",
      "--no-discovery",
      "-u",
      endpoint,
    ],
    {},
  ],
];

const children = commands.map(([command, args, env]) =>
  spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } }),
);

/** @param {NodeJS.Signals} signal */
function stop(signal) {
  for (const child of children) child.kill(signal);
}
process.on("SIGTERM", () => stop("SIGTERM"));
// The terminal sends Ctrl-C to the children itself; a second one would cut them off.
process.on("SIGINT", () => {});
for (const child of children) {
  child.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    stop("SIGTERM");
    process.exitCode = 1;
  });
  child.on("exit", (code) => {
    process.exitCode ||= code ?? 1;
    stop("SIGTERM");
  });
}
