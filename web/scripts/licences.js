// Checks that every package in the lock file has an allowed licence. `deny.toml` does the same for Rust.
import { readFileSync } from "node:fs";

const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
]);
/** Only for development dependencies, which are not part of a release. */
const ALLOWED_IN_DEVELOPMENT = new Set(["CC-BY-4.0", "MPL-2.0"]);

const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const rejected = Object.entries(packages)
  .filter(([path, { link }]) => path.includes("node_modules/") && !link)
  .filter(([, { license, dev }]) => !isAllowed(license ?? "none", dev))
  .map(([path, { license }]) => `${path}: ${license ?? "no licence"}`);
if (rejected.length > 0) {
  console.error(`These npm packages have licences that are not allowed:\n${rejected.join("\n")}`);
  process.exit(1);
}

function isAllowed(expression, dev) {
  const isAllowedName = (name) => ALLOWED.has(name) || (dev === true && ALLOWED_IN_DEVELOPMENT.has(name));
  return expression
    .replace(/[()]/g, "")
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every(isAllowedName));
}
