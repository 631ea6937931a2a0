import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

test("the code for an app in the README is short and compiles", async () => {
  const readme = await readFile(pathOf("../../../README.md"), "utf8");
  const section = readme.split(/^## /m).find((section) => section.startsWith("Use it from your app"));
  const [code = ""] = codeOf(section ?? "");
  const lines = code.trim().split("\n");
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.length).toBeLessThanOrEqual(15);
  expect(compilerErrors(code)).toEqual([]);
  expect(compilerErrors(code.replace("session.login", "session.logIn"))).toHaveLength(1);
});

test("every TypeScript or JavaScript code block in the docs compiles", async () => {
  const folder = pathOf("../../../docs/");
  const pages = (await readdir(folder)).filter((name) => name.endsWith(".md"));
  const scripts = (await Promise.all(pages.map(async (name) => codeOf(await readFile(folder + name, "utf8"))))).flat();
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) expect(compilerErrors(`export {};\n${script}`)).toEqual([]);
});

/** The code blocks in TypeScript and JavaScript on a page. */
function codeOf(page: string): string[] {
  return [...page.matchAll(/```(?:ts|js)\n(.*?)```/gs)].map(([, code = ""]) => code);
}

/** Compiles a module of an app that uses the package. */
function compilerErrors(code: string): string[] {
  const file = pathOf("readme.ts");
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: [],
    paths: { "@heirloom/client": [pathOf("../src/index.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, version, ...more) =>
    name === file ? ts.createSourceFile(name, code, version) : getSourceFile(name, version, ...more);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
