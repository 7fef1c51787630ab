// @ts-check
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";

/** What a browser may have to load for `/`, in bytes of gzip (docs/architecture.md). */
export const FIRST_PAGE_BUDGET = { js: 200_000, css: 60_000 };

/** @typedef {{ module?: string, imports?: string[], css?: string[], clientLoaderModule?: string, parentId?: string }} RouteFiles */

/**
 * Sizes of the scripts and styles that the feed's page loads, lazy parts left out.
 * @param {string} root folder of the project, built
 * @returns {Promise<{ js: number, css: number }>} bytes of gzip
 */
export async function firstPageSize(root) {
  const client = path.join(root, "build/client");
  const assets = path.join(client, "assets");
  const name = (await readdir(assets)).find((file) => /^manifest-.*\.js$/.test(file));
  const text = await readFile(path.join(assets, name ?? ""), "utf8");
  // The file assigns one JSON object to a property of the window.
  /** @type {{ entry: RouteFiles, routes: Record<string, RouteFiles> }} */
  const manifest = JSON.parse(text.slice(text.indexOf("=") + 1).replace(/;\s*$/, ""));
  /** @type {RouteFiles[]} */
  const parts = [manifest.entry];
  for (let id = "routes/feed"; manifest.routes[id]; id = manifest.routes[id]?.parentId ?? "") {
    parts.push(/** @type {RouteFiles} */ (manifest.routes[id]));
  }
  const files = new Set(
    // A style that several routes load is marked by a "#" at the end.
    parts
      .flatMap(({ module, imports = [], css = [] }) => [module ?? "", ...imports, ...css])
      .map((file) => file.replace(/#$/, "")),
  );
  files.delete("");
  const size = { js: 0, css: 0 };
  for (const file of files) {
    const bytes = gzipSync(await readFile(path.join(client, file))).byteLength;
    size[file.endsWith(".css") ? "css" : "js"] += bytes;
  }
  return size;
}
