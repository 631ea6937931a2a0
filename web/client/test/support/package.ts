import { execFile } from "node:child_process";
import { cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { pathOf } from "./pages.js";

const run = promisify(execFile);
export const repository = pathOf("../../..");

/**
 * Packs the client in a clean checkout, and unpacks it into `target`, as npm does. Throws if packing changes the checkout.
 * `directory` is for temporary files.
 */
export async function installClient(target: string, directory: string) {
  const checkout = join(directory, "checkout");
  await checkOut(checkout);
  const pack = ["pack", "--silent", "--pack-destination", directory];
  const { stdout: name } = await run("npm", pack, { cwd: join(checkout, "web/client") });
  const { stdout: changes } = await run("git", ["status", "--porcelain"], { cwd: checkout });
  if (changes) throw new Error(`npm pack has changed the checkout:\n${changes}`);
  await mkdir(target, { recursive: true });
  await run("tar", ["-xzf", join(directory, name.trim()), "--strip-components=1", "-C", target]);
  await rm(checkout, { recursive: true });
}

/** Copies the files that git knows, or would add, as a clean checkout has them. The installed packages are linked. */
async function checkOut(target: string) {
  const { stdout } = await run("git", ["ls-files", "-co", "--exclude-standard", "web", "LICENSE-*"], {
    cwd: repository,
  });
  for (const file of stdout.trim().split("\n")) {
    await cp(join(repository, file), join(target, file)).catch(ignoreDeleted);
  }
  await symlink(join(repository, "web/node_modules"), join(target, "web/node_modules"));
  const git = (...command: string[]) =>
    run("git", ["-c", "user.name=x", "-c", "user.email=x@x", ...command], { cwd: target });
  await git("init", "--quiet");
  await writeFile(join(target, ".git/info/exclude"), "node_modules\ndist/\n");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "x");
}

function ignoreDeleted(error: NodeJS.ErrnoException) {
  if (error.code !== "ENOENT") throw error;
}
