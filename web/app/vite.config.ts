import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import browserslist from "browserslist";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The Heirloom server that `npm run dev` proxies to. */
const heirloom = process.env["HEIRLOOM_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig(({ command }) => ({
  // The build uses relative URLs, because the server decides the path.
  base: command === "build" ? "./" : "/app/",
  plugins: [react(), compressed()],
  build: { target: targets(), modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { "^/(?!app/)": heirloom } },
  test: {
    environment: "jsdom",
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: "test/setup.ts",
    // For a busy machine.
    testTimeout: 20_000,
  },
}));

/** The oldest browsers of package.json's `browserslist`, for the compiler: syntax of scripts and styles is lowered to theirs. */
function targets(): string[] {
  const engines: Record<string, string> = {
    chrome: "chrome",
    edge: "edge",
    firefox: "firefox",
    safari: "safari",
    ios_saf: "ios",
  };
  return Object.entries(engines).map(([name, engine]) => {
    const versions = browserslist().filter((browser) => browser.startsWith(`${name} `));
    return `${engine}${Math.min(...versions.map((browser) => Number.parseFloat(browser.slice(name.length + 1))))}`;
  });
}

/** Also writes compressed copies of each file that gets smaller. The server sends them unchanged. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "dist" }) {
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || !/\.(html|js|css|svg)$/.test(entry.name)) continue;
        const content = readFileSync(path);
        const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
        const copies = [
          [".br", brotliCompressSync(content, brotli)],
          [".gz", gzipSync(content, { level: 9 })],
        ] as const;
        for (const [suffix, bytes] of copies) if (bytes.length < content.length) writeFileSync(path + suffix, bytes);
      }
    },
  };
}
