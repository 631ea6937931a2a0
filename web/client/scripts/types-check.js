// Whether src/openapi.ts is what the server's document makes of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const directory = mkdtempSync(join(tmpdir(), "heirloom-types-"));
try {
  const made = join(directory, "openapi.ts");
  execFileSync("npx", ["openapi-typescript", "../../openapi.json", "--output", made], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  execFileSync("npx", ["prettier", "--config", "../.prettierrc.json", "--write", made], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (readFileSync(made, "utf8") !== readFileSync("src/openapi.ts", "utf8")) {
    console.error("web/client/src/openapi.ts is not what openapi.json makes: run `make types`");
    process.exit(1);
  }
} finally {
  rmSync(directory, { recursive: true });
}
