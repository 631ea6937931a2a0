import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";
import { expect, onTestFinished, test } from "vitest";
import { VerifiedTokens } from "../src/cache.js";

const root = new URL("..", import.meta.url).pathname;

test("the README contains the examples", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  for (const name of await readdir(join(root, "examples"))) {
    expect(readme).toContain(`\`\`\`ts\n${await readFile(join(root, "examples", name), "utf8")}\`\`\``);
  }
});

test("the package imports only jose at run time, and no module of Node", async () => {
  const directory = await mkdtemp(join(tmpdir(), "heirloom-verify-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await build({ root, logLevel: "error", build: { outDir: directory } });
  const files = (await readdir(directory)).filter((name) => name.endsWith(".js"));
  expect(files).toEqual(expect.arrayContaining(["express.js", "fastify.js", "hono.js", "index.js"]));
  for (const file of files) {
    const text = await readFile(join(directory, file), "utf8");
    const imported = [...text.matchAll(/\bfrom "([^"]+)"/g)].map(([, name = ""]) => name);
    expect(imported.filter((name) => !name.startsWith("./") && name !== "jose")).toEqual([]);
  }
});

test("npm packs the built files and nothing else", async () => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json"], { cwd: root });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  expect(
    files
      .map(({ path }) => path)
      .filter((path) => !path.startsWith("dist/"))
      .sort(),
  ).toEqual(["README.md", "package.json"]);
});

test("the cache of verified tokens is bounded by count and by time, and keeps what is used", () => {
  const tokens = new VerifiedTokens<number>();
  for (let number = 0; number < 50_000; number++) {
    tokens.keep(String(number), number, 0);
    tokens.find("0", 0);
  }
  expect(tokens.size).toBeLessThanOrEqual(20_000);
  expect([tokens.find("0", 0), tokens.find("1", 0)]).toEqual([0, undefined]);
  for (const now of [900, 1800]) tokens.keep(`at ${now}`, 1, now);
  expect([tokens.size, tokens.find("49999", 1800)]).toEqual([2, undefined]);
});
