import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { repository } from "../../client/test/support/package.js";
import type { Session } from "@heirloom/client";
import { refreshCookie, type World } from "./world.js";

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A copy of an example in a new folder, with the packages of this workspace instead of those that `npm install` installs. */
export class Example {
  private readonly processes: ChildProcess[] = [];

  private constructor(private readonly folder: string) {}

  static async create(name: string): Promise<Example> {
    const folder = await mkdtemp(join(tmpdir(), `heirloom-${name}-`));
    await cp(join(repository, "examples", name), folder, {
      recursive: true,
      filter: (path) => !path.includes("node_modules"),
    });
    await symlink(join(repository, "web/node_modules"), join(folder, "node_modules"));
    return new Example(folder);
  }

  /** Starts one of its programs, which prints its URL. Its errors appear in the output of the tests. */
  async start(script: string, settings: Record<string, string>) {
    const child = spawn(process.execPath, [script], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: process.env.PATH, ...settings },
    });
    this.processes.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (text: Buffer) => {
        if (text.toString().includes("http://")) resolve();
      });
      child.once("exit", (code) => reject(new Error(`${script} exited with ${String(code)}`)));
    });
  }

  async remove() {
    for (const child of this.processes) {
      if (child.exitCode !== null) continue;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Settings for a server whose service API the example uses. It is on the public address, since each test needs its own. */
export const serviceSettings = (origin: string) => ({
  HEIRLOOM_SERVICE_API: "public",
  ...(origin && { HEIRLOOM_ALLOWED_ORIGINS: origin }),
});

/** What the example has in its environment. The key has no other scopes than the README names. */
export async function settingsFor({ heirloom }: World, scopes: string): Promise<Record<string, string>> {
  const created = await heirloom.run("service-key", "create", "example", "--scope", scopes, "--json");
  const { key } = JSON.parse(created) as { key: string };
  return { HEIRLOOM_URL: heirloom.url, HEIRLOOM_SERVICE_URL: heirloom.url, HEIRLOOM_SERVICE_KEY: key };
}

export async function waitForStatus(page: Page, text: string) {
  await page.getByRole("status").getByText(text, { exact: true }).waitFor();
}

/** Calls a function with the session of the example's page. */
export function withSession<T>(
  page: Page,
  run: (session: Session, argument: string) => Promise<T>,
  argument = "",
): Promise<T> {
  const call = `(${run.toString()})(session, ${JSON.stringify(argument)})`;
  return page.evaluate(`import("/page.js").then(({ session }) => ${call})`);
}

/** The claims of the access token on the page. */
export async function claimsOf(page: Page): Promise<Record<string, unknown>> {
  const [, payload = ""] = ((await withSession(page, (session) => session.accessToken())) ?? "").split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
}

/** The family rule: concurrent tabs go on with one session, and a thief's copy of the cookie ends it, in every tab. */
export async function expectFamilyRule(world: World, context: BrowserContext, tabs: Page[]) {
  const [first] = tabs;
  const { sid } = await claimsOf(first!);
  const stolen = await refreshCookie(context);
  for (let round = 0; round < 5; round++) {
    await Promise.all(tabs.map((tab) => withSession(tab, (session) => session.refresh())));
  }
  for (const tab of tabs) {
    expect((await claimsOf(tab)).sid).toBe(sid);
    await waitForStatus(tab, "You are logged in.");
  }
  const response = await fetch(`${world.heirloom.url}/refresh`, {
    method: "POST",
    headers: { cookie: `${stolen.name}=${stolen.value}` },
  });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([401, "refresh_token_reused"]);
  await withSession(first!, (session) => session.refresh());
  for (const tab of tabs) {
    await waitForStatus(tab, "Your session was revoked, because someone else may have a copy of it.");
  }
}
