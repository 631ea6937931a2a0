import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["support/buildPage.ts"],
    maxWorkers: 2,
    // Generous for a busy machine. No test waits this long.
    testTimeout: 180_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
    hookTimeout: 120_000,
  },
});
