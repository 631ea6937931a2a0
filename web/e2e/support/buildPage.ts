import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    pageDirectory: string;
  }
}

/** Builds the test page once for all tests. */
export default async function setup({ provide }: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), "heirloom-page-"));
  await build({
    root: fileURLToPath(new URL("../page", import.meta.url)),
    base: "/page/",
    logLevel: "error",
    resolve: { alias: { "@heirloom/client": fileURLToPath(new URL("../../client/src/index.ts", import.meta.url)) } },
    worker: { format: "es" },
    build: { target: "es2022", outDir: directory, emptyOutDir: true },
  });
  provide("pageDirectory", directory);
  return () => rm(directory, { recursive: true });
}
