// Checks that no source files import each other in a cycle. Type imports count too.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const directories = ["client/src", "client/test", "app/src", "app/test", "e2e/page", "e2e/support", "e2e/test"].concat([
  "client/servers",
  "e2e/live",
  "e2e/rendered",
  "verify/src",
  "verify/test",
  "verify/examples",
]);

/** The files that each file imports. */
const imports = new Map(directories.flatMap(sourceFiles).map((file) => [file, importsOf(file)]));

function sourceFiles(directory) {
  const files = readdirSync(join(root, directory), { recursive: true });
  return files.filter((file) => /\.tsx?$/.test(file)).map((file) => join(root, directory, file));
}

function importsOf(file) {
  const paths = [...readFileSync(file, "utf8").matchAll(/ from "(\.[^"]*)"/g)].map(([, path]) => path);
  return paths.map((path) => join(dirname(file), path).replace(/\.js$/, ""));
}

const visited = new Set();

/** The first cycle that `file` leads to, as a list of files. */
function findCycle(file, path = []) {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (visited.has(file)) return null;
  visited.add(file);
  for (const imported of imports.get(file)) {
    const target = [`${imported}.ts`, `${imported}.tsx`].find((name) => imports.has(name));
    const cycle = target && findCycle(target, [...path, file]);
    if (cycle) return cycle;
  }
  return null;
}

for (const file of imports.keys()) {
  const cycle = findCycle(file);
  if (!cycle) continue;
  console.error(`Files import each other in a cycle:\n${cycle.map((name) => relative(root, name)).join("\n-> ")}`);
  process.exit(1);
}
