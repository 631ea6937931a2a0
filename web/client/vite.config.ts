import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2022",
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "index" },
    // Without this, the format `es` keeps its white space.
    rolldownOptions: { output: { minify: true, comments: false } },
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Generous for a busy machine. No test waits this long.
    testTimeout: 60_000,
  },
});
