import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (name: string) => fileURLToPath(new URL(`src/${name}.ts`, import.meta.url));

export default defineConfig({
  build: {
    target: "es2022",
    minify: false,
    lib: { entry: ["index", "express", "fastify", "hono"].map(source), formats: ["es"] },
    rolldownOptions: { external: ["jose"] },
  },
  resolve: {
    // The examples import the package by its name.
    alias: [
      { find: /^@heirloom\/verify$/, replacement: source("index") },
      { find: /^@heirloom\/verify\/(.+)$/, replacement: fileURLToPath(new URL("src/$1.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Generous for a busy machine. No test waits this long.
    testTimeout: 60_000,
  },
});
