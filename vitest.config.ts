import { availableParallelism } from "node:os";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
    // Run by `npm run test:guard` and `npm run test:lab`.
    exclude: ["node_modules/**", "tests/**/*.long.test.ts", "tests/**/*.lab.test.ts"],
    // Every core: by default one is left to vitest itself, which has next to nothing to do.
    maxWorkers: availableParallelism(),
    // Long enough for a slow machine; no test measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

export default config;
