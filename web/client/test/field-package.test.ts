import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installClient, repository } from "./support/package.js";

const run = promisify(execFile);
let directory: string;
/** The package as an app has it. */
let installed: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "heirloom-pack-"));
  installed = join(directory, "app/node_modules/@heirloom/client");
  await installClient(installed, directory);
  for (const name of ["react", "react-dom", "@types", "typescript", "express"]) {
    await symlink(join(repository, "web/node_modules", name), join(directory, "app/node_modules", name));
  }
}, 120_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

async function manifest() {
  return JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
    license: string;
    repository?: unknown;
    exports: Record<string, { types: string; default: string } | string>;
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
}

describe("field: npm pack in a clean checkout", () => {
  test("gives a package with licences, a changelog and everything that it exports", async () => {
    const { license, exports } = await manifest();
    expect(license).toBe("MIT OR Apache-2.0");
    for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) {
      expect(await readFile(join(installed, licence), "utf8")).toBe(await readFile(join(repository, licence), "utf8"));
    }
    expect(await readFile(join(installed, "CHANGELOG.md"), "utf8")).toMatch(/^# Changelog/);
    expect(Object.keys(exports)).toEqual([".", "./react", "./account", "./server", "./package.json"]);
    for (const target of Object.values(exports).flatMap((target) => Object.values(target as object) as string[])) {
      if (target.length > 1) expect(await readFile(join(installed, target), "utf8")).not.toBe("");
    }
  });

  test("names a repository only if the project does", async () => {
    const cargo = await readFile(join(repository, "Cargo.toml"), "utf8");
    expect("repository" in (await manifest())).toBe(/^repository\b/m.test(cargo));
  });

  test("contains source maps with the sources", async () => {
    for (const name of ["index", "react", "account", "server", "diagnosis"]) {
      const code = await readFile(join(installed, `dist/${name}.js`), "utf8");
      expect(code.trimEnd().split("\n").at(-1)).toBe(`//# sourceMappingURL=${name}.js.map`);
      const map = JSON.parse(await readFile(join(installed, `dist/${name}.js.map`), "utf8")) as {
        sources: string[];
        sourcesContent: string[];
        mappings: string;
      };
      expect(map.sources.every((source) => source.startsWith("../src/"))).toBe(true);
      expect(map.sourcesContent.join("\n")).toMatch(/export /);
      expect(map.mappings.length).toBeGreaterThan(100);
    }
  });

  test("needs React only for @heirloom/client/react", async () => {
    const { peerDependencies, peerDependenciesMeta } = await manifest();
    expect(peerDependencies).toEqual({ react: ">=18" });
    expect(peerDependenciesMeta).toEqual({ react: { optional: true } });
    expect(await readFile(join(installed, "dist/index.js"), "utf8")).not.toMatch(/react/);
    expect(await readFile(join(installed, "dist/react.js"), "utf8")).toMatch(
      /^"use client";\nimport\{[^}]*\}from"react";/,
    );
  });

  test("runs in Node, also its part for React on a server", async () => {
    const program = `
      import { createElement } from "react";
      import { renderToString } from "react-dom/server";
      import { createSession, ProblemError } from "@heirloom/client";
      import { SessionProvider, useSession } from "@heirloom/client/react";
      const session = createSession({ baseUrl: "/auth" });
      const Status = () => useSession().state.status;
      console.log(renderToString(createElement(SessionProvider, { session }, createElement(Status))), ProblemError.name.length > 0);
    `;
    await writeFile(join(directory, "app/main.mjs"), program);
    expect((await run(process.execPath, ["main.mjs"], { cwd: join(directory, "app") })).stdout).toBe(
      "restoring true\n",
    );
  });

  test("renders for a user in Node, and rejects with the same class as the core", async () => {
    const program = `
      import { ProblemError } from "@heirloom/client";
      import { createServerSessions, ProblemError as OnServer } from "@heirloom/client/server";
      const user = { id: "1", email: "alice@example.com" };
      const session = { id: "2", expires_at: "2030-01-01T00:00:00Z", idle_expires_at: "2029-01-01T00:00:00Z" };
      const fetch = (url) => Promise.resolve(url.endsWith("/refresh")
        ? Response.json({ access_token: "a", session }, { headers: { "set-cookie": "__Host-heirloom_refresh=b; Path=/" } })
        : url.endsWith("/logout") ? Response.json({ code: "unavailable" }, { status: 503 }) : Response.json(user));
      const sessions = createServerSessions({ baseUrl: "http://127.0.0.1:8080", fetch });
      const opened = sessions.open(new Request("http://a/", { headers: { cookie: "__Host-heirloom_refresh=a" } }));
      console.log(JSON.stringify(await opened.state()));
      const error = await opened.logout().catch((error) => error);
      const response = await opened.apply(new Response());
      console.log(error instanceof ProblemError, ProblemError === OnServer, error.code, response.headers.getSetCookie());
    `;
    await writeFile(join(directory, "app/server.mjs"), program);
    const { stdout } = await run(process.execPath, ["server.mjs"], { cwd: join(directory, "app") });
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(
        /^\{"status":"authenticated","user":\{"id":"1","email":"alice@example.com"\},"session":\{"id":"2"/,
      ),
      "true true unavailable [ '__Host-heirloom_refresh=b; Path=/' ]",
      "",
    ]);
  });

  test.each([
    ["bundler", "esnext"],
    ["node16", "node16"],
    ["nodenext", "nodenext"],
  ])("has types that compile with the module resolution %s", async (moduleResolution, module) => {
    const program = `
      import { createSession, ProblemError, type ProblemCode, type SessionState } from "@heirloom/client";
      import { SessionProvider, useSession } from "@heirloom/client/react";
      import { loadOffer, readLink, resetPassword, type Offer } from "@heirloom/client/account";
      import { createServerSessions, type ServerSession } from "@heirloom/client/server";
      import { createServer } from "node:http";
      import express from "express";
      const session = createSession({ baseUrl: new URL("https://auth.example.com") });
      export const text = (error: unknown): ProblemCode | "unknown" | undefined =>
        error instanceof ProblemError ? error.code : undefined;
      export function Page() {
        const { state } = useSession();
        const cause = state.status === "unreachable" ? state.cause : undefined;
        return <p>{state.status === "authenticated" ? state.user.email : cause}</p>;
      }
      export const app = <SessionProvider session={session}><Page /></SessionProvider>;
      export type State = SessionState;
      const link = readLink();
      if (link?.page === "reset-password") void resetPassword(session, { token: link.token, new_password: "a" });
      const sessions = createServerSessions({ baseUrl: new URL("http://127.0.0.1:8080") });
      createServer((request, response) => void sessions.openNode(request, response).state());
      express().use((request, response) => void sessions.openNode(request, response).user());
      export const opened: ServerSession = sessions.open(new Request("https://app.example.com"), { clientAddress: undefined });
      export const app2 = (state: SessionState) => <SessionProvider session={session} initialState={state} />;
      export const mode: Promise<Offer["registration"]> = loadOffer(session).then((offer) => offer.registration);
    `;
    const folder = join(directory, "app", moduleResolution);
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "main.tsx"), program);
    const options = { module, moduleResolution, jsx: "react-jsx", strict: true, noEmit: true, target: "es2022" };
    // The package's own declarations are checked too, with the strictest setting of an app.
    const strict = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false };
    // Express and Node have errors of their own at this setting: their declarations are taken as they are.
    const types = { lib: ["es2022", "dom", "dom.iterable"], types: [] };
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...options, ...strict, ...types }, files: ["main.tsx"] }),
    );
    const compiled = run(process.execPath, [join(repository, "web/node_modules/typescript/bin/tsc"), "-p", folder]);
    expect(
      await compiled.then(
        () => "",
        (error: unknown) => (error as { stdout: string }).stdout,
      ),
    ).toBe("");
  });
});
