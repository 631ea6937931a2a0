import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { compilerErrors } from "./support/compile.js";
import { codeOf, filesOf, pathOf } from "./support/pages.js";

describe("field: the pages of the client", () => {
  test("the code on the client's own page compiles", async () => {
    const page = await readFile(pathOf("../README.md"), "utf8");
    expect(compilerErrors({ "readme.tsx": codeOf(page, "ts", "tsx").join("\n") })).toEqual([]);
  });

  test("the app of the quickstart compiles", async () => {
    const files = filesOf(await readFile(pathOf("../../../docs/quickstart.md"), "utf8"));
    const sources = ["src/Account.tsx", "src/App.tsx", "src/Login.tsx", "src/main.tsx", "src/session.ts"];
    expect(Object.keys(files).sort()).toEqual([...sources, "vite.config.ts"]);
    expect(compilerErrors(files)).toEqual([]);
    const misspelt = { ...files, "src/App.tsx": (files["src/App.tsx"] ?? "").replace('"restoring"', '"restored"') };
    expect(compilerErrors(misspelt).length).toBeGreaterThan(0);
  });
});
