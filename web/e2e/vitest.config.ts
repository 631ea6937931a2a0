import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["support/pages.ts"],
    maxWorkers: 2,
    // For a busy machine; nothing waits for it to pass.
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
