import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";
import { SOURCES } from "./sources.js";

/** Bundles a script of `e2e/` for a browser, from the sources of the client. */
export async function bundle(entry: string): Promise<string> {
  const output = (await build({
    configFile: false,
    logLevel: "error",
    resolve: { alias: SOURCES, dedupe: ["react", "react-dom"] },
    define: { "process.env.NODE_ENV": '"development"' },
    build: {
      write: false,
      minify: false,
      target: "es2022",
      lib: { entry: fileURLToPath(new URL(`../${entry}`, import.meta.url)), formats: ["es"] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })) as Rolldown.RolldownOutput[];
  return output[0]!.output[0].code;
}
