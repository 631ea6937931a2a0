// Writes src/openapi.ts and src/codes.ts from openapi.json. With `--check`, only compares them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DOCUMENT = "../../openapi.json";
const FILES = ["openapi.ts", "codes.ts"];

const isCheck = process.argv.includes("--check");
const directory = isCheck ? mkdtempSync(join(tmpdir(), "heirloom-types-")) : "src";
try {
  run("openapi-typescript", DOCUMENT, "--output", join(directory, "openapi.ts"));
  writeFileSync(join(directory, "codes.ts"), codes());
  run("prettier", "--config", "../.prettierrc.json", "--write", ...FILES.map((file) => join(directory, file)));
  for (const file of FILES) {
    if (readFileSync(join(directory, file), "utf8") === readFileSync(join("src", file), "utf8")) continue;
    console.error(`web/client/src/${file} does not match openapi.json; run \`make types\``);
    process.exitCode = 1;
  }
} finally {
  if (isCheck) rmSync(directory, { recursive: true });
}

function run(...command) {
  execFileSync("npx", command, { stdio: ["ignore", "ignore", "inherit"] });
}

/** The codes in the table of problems. The document has an example of each problem. */
function codes() {
  const { examples } = JSON.parse(readFileSync(DOCUMENT, "utf8")).components;
  const names = new Set(Object.values(examples).map(({ value }) => value.code));
  const union = [...names].sort().map((code) => `  | ${JSON.stringify(code)}`);
  return [
    "/**\n * This file was generated from openapi.json.\n * Do not make direct changes to the file.\n */\n",
    `/** The codes of Heirloom's problems. */\nexport type ProblemCode =\n${union.join("\n")};\n`,
  ].join("\n");
}
