import { defineConfig, type ViteUserConfig } from "vitest/config";

/** The lab: scenarios on this machine's kernel, six at a time. Needs Linux; `halfopen lab doctor` says what else. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["tests/lab/*.lab.test.ts"],
    maxConcurrency: 6,
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});

export default config;
