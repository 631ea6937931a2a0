// Completes the package before npm packs it, also in a clean checkout. With `--undo`, removes what it has added.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, rmSync } from "node:fs";

const LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"];

process.chdir(new URL("..", import.meta.url).pathname);
if (process.argv.includes("--undo")) {
  for (const licence of LICENCES) rmSync(licence, { force: true });
} else {
  if (!existsSync("../node_modules/vite") && !existsSync("node_modules/vite")) npm("ci", "--prefix", "..");
  npm("run", "build");
  for (const licence of LICENCES) copyFileSync(`../../${licence}`, licence);
}

/** What npm prints goes to stderr: the last line of `npm pack` on stdout is the name of the package. */
function npm(...command) {
  execFileSync("npm", command, { stdio: ["ignore", process.stderr, "inherit"] });
}
