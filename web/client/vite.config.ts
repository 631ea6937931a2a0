import { fileURLToPath } from "node:url";
import { minify } from "terser";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Properties of objects that stay inside the core, so they may have short names in the package. */
const INTERNAL = /^(cancel|current|end|expiresAt|next|pending|ready|refreshAt|run|send|settle|shared|until)$/;

export default defineConfig({
  plugins: [minified()],
  build: {
    target: "es2022",
    sourcemap: true,
    lib: { entry: { index: "src/index.ts", react: "src/react.ts", account: "src/account.ts" }, formats: ["es"] },
    rolldownOptions: {
      external: ["react"],
      output: {
        // Without `minify`, the format `es` keeps its white space.
        minify: true,
        comments: false,
        chunkFileNames: "[name].js",
      },
    },
  },
  test: {
    // For the recipes, which import the package as an app does.
    alias: [
      { find: /^@heirloom\/client$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) },
      { find: /^@heirloom\/client\/(.*)/, replacement: fileURLToPath(new URL("src/$1.ts", import.meta.url)) },
    ],
    include: ["test/**/*.test.{ts,tsx}"],
    // Generous for a busy machine. No test waits this long.
    testTimeout: 60_000,
  },
});

/** Minifies once more with terser, which saves another 2 %. */
function minified(): Plugin {
  return {
    name: "minified",
    apply: "build",
    async generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        const map = bundle[`${file.fileName}.map`];
        if (file.type !== "chunk" || map?.type !== "asset") continue;
        const isCore = file.name === "index";
        const { code, map: small } = await minify(file.code, {
          module: true,
          compress: {
            passes: 3,
            ecma: 2022,
            unsafe: true,
            unsafe_arrows: true,
            pure_getters: true,
            lhs_constants: false,
            ...(isCore && { sequences: false, hoist_vars: true, join_vars: false, unsafe_math: true }),
          },
          mangle: { properties: isCore && { regex: INTERNAL, builtins: true } },
          // React's servers need to know which modules run in the browser too.
          format: file.name === "react" ? { preamble: '"use client";' } : {},
          sourceMap: { content: map.source as string, includeSources: true, url: map.fileName },
        });
        file.code = code ?? "";
        map.source = small as string;
      }
    },
  };
}
