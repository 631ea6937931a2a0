import { defineConfig } from "vitest/config";
import { SOURCES } from "./support/sources.js";

export default defineConfig({
  test: {
    alias: SOURCES,
    include: ["test/**/*.test.ts"],
    globalSetup: ["support/buildPage.ts"],
    maxWorkers: 2,
    // Generous for a busy machine. No test waits this long.
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
