import { beforeAll, expect, test } from "vitest";
import type { ServerProcess } from "../server/server-process.ts";
import { serversOfFile } from "../server/servers-of-file.ts";
import { COLOUR_RULES, seriousFindings } from "./accessibility.ts";
import { arrivedAt, browserOfFile, drawn, hydrated } from "./browser.ts";

const TOKEN = "a-long-enough-token";

const servers = serversOfFile();
const { open } = browserOfFile();
let server: string;

/** A server that others reach, with nothing stored and a venue that does not answer. */
beforeAll(async () => {
  const started: ServerProcess = await servers.start({
    env: {
      HOST: "0.0.0.0",
      ADMIN_TOKEN: TOKEN,
      DATA_DIR: servers.folder(),
      LOG_LEVEL: "fatal",
      OPINION_API_URL: "http://127.0.0.1:9/openapi",
      OPINION_FRONTEND_URL: "http://127.0.0.1:9",
    },
  });
  server = started.url.replace("0.0.0.0", "127.0.0.1");
}, 60_000);

test("changes are off until one signs in, work then, and are off again after signing out", async () => {
  const page = await open("/syncs", { server, expected: /status of 401/ });
  const run = page.getByRole("button", { name: "Run now: Clean-up" });
  expect(await run.isDisabled()).toBe(true);
  await page.getByRole("banner").getByRole("link", { name: "Sign in" }).click();
  await arrivedAt(page, "Sign in");
  const token = page.getByLabel("Admin token");
  const send = page.getByRole("main").getByRole("button", { name: "Sign in" });
  await token.fill("not-the-token-of-it");
  await send.click();
  await page.getByText("This is not the ADMIN_TOKEN").waitFor();
  await token.fill(TOKEN);
  await page.keyboard.press("Enter");
  await arrivedAt(page, "Syncs");

  await run.click();
  await page.getByText(/^The run you asked for is completed/).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("banner").getByRole("link", { name: "Sign in" }).waitFor();
  await page.goto("/syncs");
  await hydrated(page);
  expect(await run.isDisabled()).toBe(true);
});

test("with nothing stored every page says why, for everybody to read", async () => {
  const page = await open("/", { server });
  for (const [path, words] of [
    ["/", "No trades without a key"],
    ["/markets", "No markets yet"],
    ["/whales", "No whale"],
    ["/whales/import", "Import wallets"],
    ["/syncs", "Clean-up"],
    ["/runs", "Runs of functions"],
    ["/runs/send", "Sign in"],
    ["/sign-in", "Admin token"],
  ] as const) {
    await page.goto(path);
    await hydrated(page);
    await page.getByRole("main").getByText(words).first().waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await drawn(page);
      const found = await seriousFindings(page, colorScheme === "dark" ? COLOUR_RULES : undefined);
      expect([path, colorScheme, found]).toEqual([path, colorScheme, []]);
    }
  }
});
