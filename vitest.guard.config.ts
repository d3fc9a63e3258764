import { defineConfig, type ViteUserConfig } from "vitest/config";

/** The longer runs of `halfopen/guard` against real peers. They fetch Node 22 with npx. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["tests/guard/*.long.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});

export default config;
