import { defineConfig } from "vitest/config";

/** Browser tests: one after the other, on one demo server that the setup starts. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ["tests/e2e/**/*.e2e.ts"],
    globalSetup: ["tests/global-setup.ts", "tests/e2e/setup.ts"],
    pool: "forks",
    maxWorkers: 1,
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
