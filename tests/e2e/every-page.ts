import { inject } from "vitest";
import { ask } from "../server/server-process.ts";

/** One address of every kind of page of the demo; those of single things are found by links to them. */
export async function everyPage(): Promise<string[]> {
  const group = /aria-label="\d+ outcomes of [^"]*"[^>]*href="\/markets\?open=(\d+)"/;
  return [
    "/",
    "/markets",
    "/whales",
    "/whales/import",
    "/syncs",
    "/notifications",
    "/dead-letters",
    "/dead-letters/letters",
    "/dead-letters/replay",
    "/dead-letters/discard",
    "/runs",
    "/runs/send",
    await linkIn("/", /href="(\/whales\/\d+)"/),
    `${await linkIn("/", /href="(\/whales\/\d+)"/)}/backfill`,
    await linkIn("/", /href="(\/markets\/\d+)"/),
    `/markets/${await linkIn("/markets", group)}`,
    await linkIn("/syncs?type=whales", /href="(\/syncs\/\d+)"/),
    await linkIn("/runs?status=completed", /href="(\/runs\/[0-9A-Z]{26})"/),
  ];
}

/** The last place in a table of a page that fits, of which the first group is taken. */
async function linkIn(path: string, link: RegExp): Promise<string> {
  const { text } = await ask(inject("demoUrl"), { path });
  const rows = text.slice(text.indexOf("<tbody"), text.lastIndexOf("</tbody>"));
  const found = [...rows.matchAll(new RegExp(link, "g"))].at(-1)?.[1];
  if (!found) throw new Error(`${path} has no link like ${link}`);
  return found;
}
