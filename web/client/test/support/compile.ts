import ts from "typescript";
import { pathOf } from "./pages.js";

/** Compiles modules of an app that uses the package, by their names in `test/`. Returns the errors. */
export function compilerErrors(modules: Record<string, string>, types: string[] = []): string[] {
  const files = new Map(Object.entries(modules).map(([name, code]) => [pathOf(name), code]));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types,
    paths: {
      "@heirloom/client": [pathOf("../src/index.ts")],
      "@heirloom/client/*": [pathOf("../src/*.ts")],
      "@heirloom/verify": [pathOf("../../verify/src/index.ts")],
      "@sveltejs/kit": [pathOf("support/frameworks/kit.ts")],
      "next/*": [pathOf("support/frameworks/next-*.ts")],
    },
  };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  // TypeScript looks for no module in a folder that does not exist.
  delete host.directoryExists;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, version, ...more) => {
    const code = files.get(name);
    return code === undefined ? getSourceFile(name, version, ...more) : ts.createSourceFile(name, code, version);
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
