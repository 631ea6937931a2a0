// Checks that src/openapi.ts matches openapi.json.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const directory = mkdtempSync(join(tmpdir(), "heirloom-types-"));
try {
  const generated = join(directory, "openapi.ts");
  execFileSync("npx", ["openapi-typescript", "../../openapi.json", "--output", generated], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  execFileSync("npx", ["prettier", "--config", "../.prettierrc.json", "--write", generated], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (readFileSync(generated, "utf8") !== readFileSync("src/openapi.ts", "utf8")) {
    console.error("web/client/src/openapi.ts does not match openapi.json; run `make types`");
    process.exit(1);
  }
} finally {
  rmSync(directory, { recursive: true });
}
