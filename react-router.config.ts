import type { Config } from "@react-router/dev/config";

export default {
  ssr: true,
  future: {
    v8_middleware: true,
    v8_splitRouteModules: true,
    v8_viteEnvironmentApi: true,
    v8_passThroughRequests: true,
    v8_trailingSlashAwareDataRequests: true,
  },
  // The guard of app/middleware compares Origin with Host itself: it also works behind a proxy that ends TLS, and answers 403.
  allowedActionOrigins: ["**"],
} satisfies Config;
