import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a Heirloom, started with `heirloom serve`. */
const heirloom = process.env["HEIRLOOM_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig(({ command }) => ({
  // Built, the page finds its files beside itself, wherever the server puts it.
  base: command === "build" ? "./" : "/app/",
  plugins: [react(), compressed()],
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { "^/(?!app/)": heirloom } },
  test: { environment: "jsdom", include: ["test/**/*.test.{ts,tsx}"], setupFiles: "test/setup.ts" },
}));

/** Keeps each file that gains by it in two smaller forms too, which the server sends as they are. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "dist" }) {
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || !/\.(html|js|css|svg)$/.test(entry.name)) continue;
        const plain = readFileSync(path);
        const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
        const forms = [
          [".br", brotliCompressSync(plain, brotli)],
          [".gz", gzipSync(plain, { level: 9 })],
        ] as const;
        for (const [ending, bytes] of forms) if (bytes.length < plain.length) writeFileSync(path + ending, bytes);
      }
    },
  };
}
