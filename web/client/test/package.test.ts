import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;
let directory: string;
let bundle: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "heirloom-client-"));
  await build({ root, logLevel: "error", build: { outDir: directory } });
  bundle = join(directory, "index.js");
}, 120_000);
afterAll(() => rm(directory, { recursive: true }));

/** The output of a program that uses the package. It must exit by itself within ten seconds. */
async function outputOf(program: string, file = bundle): Promise<string> {
  const script = `import { createSession } from ${JSON.stringify(pathToFileURL(file).href)};\n${program}`;
  const options = ["--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 10_000 });
  return stdout;
}

test("the package is smaller than 4 kB", async () => {
  // An app's build drops the comment that names the source map.
  const code = (await readFile(bundle, "utf8")).replace(/\n\/\/# sourceMappingURL=\S+\s*$/, "");
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(4_000);
});

test("the package imports nothing, except its own diagnosis on demand", async () => {
  const code = await readFile(bundle, "utf8");
  expect(code.match(/\bimport\b.*?[;,)]/g)).toEqual(['import("./diagnosis.js")']);
  expect(code).not.toMatch(/\brequire\b/);
  for (const name of ["diagnosis", "account"]) {
    expect(await readFile(join(directory, `${name}.js`), "utf8")).not.toMatch(/\bimport\b|\brequire\b/);
  }
  // The part for servers has the core's errors.
  const server = await readFile(join(directory, "server.js"), "utf8");
  const imported = [...server.matchAll(/\bfrom *"([^"]+)"/g)].map(([, name]) => name);
  expect(imported).toEqual(["@heirloom/client"]);
  expect(server).not.toMatch(/\brequire\b|\bimport\(|node:/);
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  expect(manifest).not.toHaveProperty("dependencies");
  // For `@heirloom/client/react`.
  expect(manifest).toMatchObject({ peerDependencies: {}, peerDependenciesMeta: { react: { optional: true } } });
});

test("the client stores nothing", async () => {
  expect(await readFile(bundle, "utf8")).not.toMatch(
    /localStorage|sessionStorage|indexedDB|\.cookie\b|navigator\.locks/,
  );
});

test.each([
  ["Node", ""],
  // Cloudflare's runtime has the globals of a service worker.
  ["a worker runtime", "globalThis.ServiceWorkerGlobalScope = globalThis.WorkerGlobalScope = class {};"],
])(
  "while a server renders in %s, the client sends nothing, does not wait, and lets the process exit",
  async (_, setup) => {
    const output = await outputOf(`
    ${setup}
    globalThis.fetch = () => { console.log("sent"); return Promise.reject(new Error("sent")); };
    const session = createSession();
    console.log(JSON.stringify([session.getState(), await session.user(), await session.accessToken()]));
    session.subscribe(() => console.log("changed"));
  `);
    expect(output).toBe('[{"status":"restoring"},null,null]\n');
  },
);

test.each([
  ["Node", ""],
  ["a worker runtime", "globalThis.ServiceWorkerGlobalScope = globalThis.WorkerGlobalScope = class {};"],
])("in %s, which keeps no cookies, a login is refused and says what to do", async (_, setup) => {
  const output = await outputOf(`
    ${setup}
    globalThis.fetch = () => { console.log("sent"); return Promise.reject(new Error("sent")); };
    const account = { email: "alice@example.com", password: "three lamps on the stairs" };
    const tryWith = (options) => createSession({ baseUrl: "https://a.example", ...options }).login(account)
      .catch((error) => console.log(error.message));
    await tryWith({});
    // These keep the token elsewhere, or bring a cookie jar.
    await tryWith({ tokenDelivery: "body" });
    await tryWith({ fetch: () => Promise.reject(new Error("sent with a jar")) });
  `);
  expect(output.split("\n")).toEqual([
    expect.stringMatching(/keeps no cookies.* createSession\(\{ tokenDelivery: "body" \}\), or pass a `fetch`/),
    "sent",
    "sent",
    "sent with a jar",
    "",
  ]);
});

test("a page and a worker look for their session at once", async () => {
  for (const setup of [
    "globalThis.document = { baseURI: 'https://a.example/b' }",
    "globalThis.importScripts = () => {}",
  ]) {
    const output = await outputOf(`
      ${setup};
      globalThis.location = new URL("https://a.example/c");
      globalThis.fetch = (url, init) => {
        console.log(init.method, url);
        return Promise.resolve(Response.json({ code: "refresh_token_missing", type: "urn:heirloom:problem:refresh_token_missing" }, { status: 401 }));
      };
      const session = createSession();
      await session.user();
      session.close();
      console.log(session.getState().status);
    `);
    expect(output).toBe("POST https://a.example/refresh\nanonymous\n");
  }
});

describe("field: the diagnosis is loaded on demand", () => {
  /** Logs the state of a page after its first refresh. The package has no chunk with the diagnosis. */
  const withoutDiagnosis = async (response: string) => {
    const alone = await mkdtemp(join(tmpdir(), "heirloom-client-"));
    try {
      await copyFile(bundle, join(alone, "index.js"));
      return await outputOf(
        `
        globalThis.document = { baseURI: "https://a.example/b" };
        globalThis.location = new URL("https://a.example/b");
        globalThis.fetch = () => Promise.resolve(${response});
        process.on("unhandledRejection", (error) => console.log("unhandled", error));
        const session = createSession();
        await session.user().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 200));
        session.close();
        console.log(JSON.stringify(session.getState()));
      `,
        join(alone, "index.js"),
      );
    } finally {
      await rm(alone, { recursive: true });
    }
  };

  test("a page that works does not need it", async () => {
    const missing = '{ code: "refresh_token_missing", type: "urn:heirloom:problem:refresh_token_missing" }';
    expect(await withoutDiagnosis(`Response.json(${missing}, { status: 401 })`)).toBe('{"status":"anonymous"}\n');
  });

  test("a page that cannot load it is unreachable without a cause", async () => {
    expect(await withoutDiagnosis("new Response(null, { status: 404 })")).toBe('{"status":"unreachable"}\n');
  });
});
