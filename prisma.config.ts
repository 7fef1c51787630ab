import { defineConfig } from "prisma/config";

// `prisma generate` runs no schema engine but would download one; any existing file keeps it off the network.
if (process.argv.includes("generate")) process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: "prisma", migrations: { path: "prisma/migrations" } });
