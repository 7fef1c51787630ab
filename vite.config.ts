import { reactRouter } from "@react-router/dev/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [reactRouter()],
  resolve: { tsconfigPaths: true },
  environments: {
    ssr: { build: { rollupOptions: { input: "./app/server/entry.ts" } } },
  },
  // The embedded database writes all the time; no page depends on its files.
  server: { watch: { ignored: ["**/.data/**"] } },
  optimizeDeps: {
    // Found up front: a page that meets another one has to be loaded again, and fails to start until then.
    include: [
      "react",
      "react-dom/client",
      "react-router",
      "react-router/dom",
      "@mantine/charts",
      "@mantine/core",
      "@mantine/hooks",
      "@mantine/spotlight",
      "croner",
      "get-nonce",
      "lightweight-charts",
      "papaparse",
      "zod",
    ],
    exclude: ["@electric-sql/pglite", "@prisma/client", "inngest"],
  },
});
