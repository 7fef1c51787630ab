import { reactRouter } from "@react-router/dev/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [reactRouter()],
  resolve: { tsconfigPaths: true },
  environments: {
    ssr: { build: { rollupOptions: { input: "./app/server/entry.ts" } } },
  },
  optimizeDeps: {
    // Found up front, so that the first page of a dev server is not reloaded.
    include: [
      "react",
      "react-dom/client",
      "react-router",
      "react-router/dom",
      "@mantine/core",
      "@mantine/hooks",
    ],
    exclude: ["@electric-sql/pglite", "@prisma/client", "inngest"],
  },
});
