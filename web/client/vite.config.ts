import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2022",
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "index" },
    // The format `es` would keep its white space otherwise.
    rolldownOptions: { output: { minify: true, comments: false } },
  },
  test: {
    include: ["test/**/*.test.ts"],
    // For a busy machine; nothing waits for it to pass.
    testTimeout: 60_000,
  },
});
