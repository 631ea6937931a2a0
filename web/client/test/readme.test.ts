import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { compilerErrors } from "./support/compile.js";
import { codeOf, pathOf } from "./support/pages.js";

test("the code for an app in the README is short and compiles", async () => {
  const readme = await readFile(pathOf("../../../README.md"), "utf8");
  const section = readme.split(/^## /m).find((section) => section.startsWith("Use it from your app"));
  const [code = ""] = codeOf(section ?? "", "ts", "js");
  const lines = code.trim().split("\n");
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.length).toBeLessThanOrEqual(15);
  expect(compilerErrors({ "readme.ts": code })).toEqual([]);
  expect(compilerErrors({ "readme.ts": code.replace("session.login", "session.logIn") })).toHaveLength(1);
});

test("every TypeScript or JavaScript code block in the docs compiles", async () => {
  const folder = pathOf("../../../docs/");
  const pages = (await readdir(folder)).filter((name) => name.endsWith(".md"));
  const scripts = (
    await Promise.all(pages.map(async (name) => codeOf(await readFile(folder + name, "utf8"), "ts", "js")))
  ).flat();
  expect(scripts.length).toBeGreaterThan(0);
  // The modules that they import.
  const modules = {
    "session.ts": await readFile(pathOf("../recipes/session.ts"), "utf8"),
    "heirloom.ts": await readFile(pathOf("../servers/heirloom.ts"), "utf8"),
    "live.ts": await readFile(pathOf("../../../examples/websocket/live.ts"), "utf8"),
  };
  const blocks = scripts.map((script, index) => [`readme-${index}.ts`, `export {};\n${script}`] as const);
  expect(compilerErrors({ ...modules, ...Object.fromEntries(blocks) }, ["node"])).toEqual([]);
}, 180_000);
