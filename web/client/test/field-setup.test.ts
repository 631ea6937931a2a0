import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSession, type UnreachableCause } from "../src/index.js";
import { ALICE, BASE, FakeServer, type Handler, advance, networkError, problem, settle } from "./support/server.js";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => {
  server.close();
  vi.unstubAllGlobals();
});

const openPageAt = (url: string) => vi.stubGlobal("location", new URL(url));
const respondsWith = (status: number, text: string) => () => new Response(text, { status });
/** A browser lets no page of another origin see a response, except in the mode `no-cors` where the server permits it. */
const opaque: Handler = ({ mode }) => (mode === "no-cors" ? new Response() : networkError(new Request(BASE)));

describe("field: an unreachable page says why", () => {
  const causes: [
    string,
    UnreachableCause,
    { refresh: Handler; ping?: Handler; page?: string; baseUrl?: string },
    RegExp,
  ][] = [
    ["no response", "network", { refresh: networkError, ping: networkError }, /auth\.example does not respond\. Does/],
    ["requests that are lost", "network", { refresh: networkError }, /responds again, after requests without a resp/],
    [
      "a refused origin, or nothing at all",
      "unreadable",
      { refresh: networkError, ping: networkError, page: "http://localhost:5173/" },
      /no response from https:\/\/auth\.example\. .*Add http:\/\/localhost:5173 to HEIRLOOM_ALLOWED_ORIGINS/,
    ],
    [
      "a page with https and a URL with http",
      "unreadable",
      { refresh: networkError, ping: networkError, page: "https://app.example/", baseUrl: "http://auth.example" },
      /A page with https needs a baseUrl with https/,
    ],
    [
      "a refused origin that the page can see",
      "origin",
      { refresh: () => problem(403, "cross_site_request"), page: "https://app.example/" },
      /Add https:\/\/app\.example to HEIRLOOM_ALLOWED_ORIGINS\. If a proxy .* Host/,
    ],
    ["a wrong path", "path", { refresh: () => problem(404, "not_found") }, /has no https:\/\/auth\.example\/refresh/],
    ["a path of other methods", "path", { refresh: () => problem(405, "method_not_allowed") }, /HEIRLOOM_BASE_PATH/],
    ["another server", "not_heirloom", { refresh: respondsWith(404, "") }, /auth\.example is not Heirloom: it resp/],
    ["a 404 of another API", "not_heirloom", { refresh: () => problem(404, "none", { type: "x" }) }, /with 404/],
    [
      "a page in place of the API",
      "not_heirloom",
      { refresh: respondsWith(200, "<!doctype html>"), ping: respondsWith(200, "<!doctype html>") },
      /responds to GET \/ping with 200/,
    ],
    [
      "a server that permits no origin",
      "not_heirloom",
      { refresh: networkError, ping: opaque, page: "http://localhost:5173/" },
      /let your proxy forward this path to it/,
    ],
    [
      "a database that is down",
      "error_response",
      { refresh: () => problem(503, "unavailable") },
      /503\. unavailable\./,
    ],
    ["a proxy without its server", "error_response", { refresh: respondsWith(502, "<h1>") }, /responds with 502/],
    ["a limit", "error_response", { refresh: () => problem(429, "slow", { type: "x" }) }, /responds with 429/],
  ];
  test.each(causes)("%s: %s", async (_, cause, { refresh, ping, page, baseUrl = BASE }, advice) => {
    if (page) openPageAt(page);
    server.always("/refresh", refresh);
    if (ping) server.always("/ping", ping);
    const session = server.openTab({ baseUrl });
    await advance(6_000);
    expect(session.getState()).toEqual({ status: "unreachable", cause });
    // The retries in the background repeat no warning.
    await advance(120_000);
    expect(server.count("/refresh")).toBeGreaterThan(2);
    expect(server.warnings).toEqual([expect.stringMatching(advice)]);
    expect(server.warnings[0]).toMatch(/^\[heirloom\] /);
  });

  test("a browser without a network sends no further request", async () => {
    vi.stubGlobal("navigator", { onLine: false });
    server.always("/refresh", networkError);
    const session = server.openTab();
    await advance(6_000);
    expect(session.getState()).toEqual({ status: "unreachable", cause: "network" });
    expect(server.warnings).toEqual([expect.stringContaining("This browser is offline.")]);
    expect(server.count("/ping")).toBe(0);
  });

  test("a cause that changes is told again, and goes with the outage", async () => {
    server.cookie = server.newSession();
    server.once("/refresh", () => problem(404, "not_found"));
    server.once("/refresh", () => problem(500, "internal_error"));
    const session = server.openTab();
    const seen: unknown[] = [];
    session.subscribe((state) => seen.push(state));
    await advance(30_000);
    expect(seen.slice(0, 3)).toEqual([
      { status: "unreachable" },
      { status: "unreachable", cause: "path" },
      { status: "unreachable", cause: "error_response" },
    ]);
    expect(session.getState().status).toBe("authenticated");
    expect(session.getState()).not.toHaveProperty("cause");
    expect(server.warnings).toHaveLength(2);
  });

  test("a page that logs out meanwhile stays logged out", async () => {
    server.always("/refresh", networkError);
    let respond = () => {};
    server.once("/ping", () => new Promise((resolve) => (respond = () => resolve(new Response("")))));
    const session = server.openTab();
    await advance(6_000);
    expect(session.getState()).toEqual({ status: "unreachable" });
    await session.logout();
    respond();
    await settle();
    expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  });

  test("a page that works writes no warning", async () => {
    const session = await server.openLoggedInTab();
    await session.refresh();
    await session.logout();
    expect(server.warnings).toEqual([]);
    expect(server.count("/ping")).toBe(0);
  });
});

describe("field: createSession rejects a URL that it cannot use", () => {
  test.each(["localhost:8080", "auth.example.com:443", "ftp://auth.example", "file:///srv", "data:,x", "https://"])(
    "%s",
    (baseUrl) => {
      openPageAt("http://localhost:5173/shop/");
      expect(() => createSession({ baseUrl, restore: false })).toThrow(`baseUrl is no HTTP URL: ${baseUrl}`);
      vi.unstubAllGlobals();
      expect(() => createSession({ baseUrl, restore: false })).toThrow(TypeError);
    },
  );

  test("a page without an http origin needs an absolute URL", () => {
    for (const page of ["file:///index.html", "capacitor://localhost/", "about:blank"]) {
      openPageAt(page);
      expect(() => createSession({ restore: false })).toThrow("baseUrl is no HTTP URL: /");
      expect(() => createSession({ baseUrl: BASE, restore: false })).not.toThrow();
    }
  });

  test.each([
    [undefined, "https://app.example/refresh"],
    ["/", "https://app.example/refresh"],
    ["/auth/", "https://app.example/auth/refresh"],
    ["auth", "https://app.example/auth/refresh"],
    ["./auth", "https://app.example/auth/refresh"],
    ["//auth.example", "https://auth.example/refresh"],
    ["HTTPS://Auth.Example:443/", "https://auth.example/refresh"],
  ])("%s is accepted", async (baseUrl, expected) => {
    openPageAt("https://app.example/shop/cart");
    const urls: string[] = [];
    const fetch = (url: string) => {
      urls.push(url);
      return Promise.resolve(problem(401, "refresh_token_missing"));
    };
    const session = createSession({
      ...(baseUrl && { baseUrl }),
      restore: true,
      fetch: fetch as typeof globalThis.fetch,
    });
    await session.user();
    session.close();
    expect(urls[0]).toBe(expected);
  });

  test("a server may render a page with a relative URL", () => {
    expect(createSession({ baseUrl: "/auth" }).getState()).toEqual({ status: "restoring" });
  });

  test("a host that looks like a path is named when it does not respond as Heirloom does", async () => {
    openPageAt("http://localhost:5173/");
    server.always("/127.0.0.1:8080/refresh", respondsWith(404, ""));
    const session = server.openTab({ baseUrl: "127.0.0.1:8080" });
    await settle();
    expect(session.getState()).toEqual({ status: "unreachable", cause: "not_heirloom" });
    expect(server.warnings).toEqual([expect.stringContaining("Does baseUrl lack http:// or https://?")]);
  });
});

describe("field: a login whose cookie does not come back is told", () => {
  const hinted = (hint: string) => () => {
    const response = server.tokens(server.newSession());
    response.headers.set("heirloom-hint", hint);
    return response;
  };
  const localWarning =
    /^\[heirloom\] The login succeeded, but .* \(http:\/\/localhost:5173\) and Heirloom \(http:\/\/127\.0\.0\.1:8080\) are two sites.* set baseUrl to http:\/\/localhost:8080, or use a proxy/;

  test("at once, if the server knows", async () => {
    openPageAt("http://localhost:5173/");
    const session = server.openTab({ baseUrl: "http://127.0.0.1:8080" });
    await session.user();
    for (let login = 0; login < 2; login++) {
      server.once("/login", hinted("cookie-not-sent-cross-site"));
      await session.login(ALICE);
    }
    await settle();
    expect(server.warnings).toEqual([expect.stringMatching(localWarning)]);
    expect(session.getState().status).toBe("authenticated");
  });

  test("not for a hint that this version does not know", async () => {
    const session = server.openTab();
    server.once("/login", hinted("a-later-hint"));
    await session.login(ALICE);
    await settle();
    expect(server.warnings).toEqual([]);
  });

  const sites: [page: string, base: string, isOther: boolean][] = [
    ["http://localhost:5173", "http://127.0.0.1:8080", true],
    ["http://127.0.0.1:5173", "http://localhost:8080", true],
    ["http://10.0.0.1", "http://10.0.0.2", true],
    ["http://[::1]:5173", "http://localhost:8080", true],
    ["https://shop.example", "https://auth.example.com", true],
    ["http://app.example.com", "https://auth.example.com", true],
    ["http://localhost:5173", "http://localhost:8080", false],
    ["https://app.example.com", "https://auth.example.com", false],
    ["https://example.com", "https://auth.example.com", false],
    ["https://one.co.uk", "https://two.co.uk", false],
  ];
  test.each(sites)("at the next refresh, if the page can see it: %s with %s: %s", async (page, baseUrl, isOther) => {
    openPageAt(page);
    const session = server.openTab({ baseUrl });
    await session.login(ALICE);
    server.cookie = null;
    await session.refresh();
    await settle();
    expect(session.getState()).toEqual({ status: "anonymous", over: "expired" });
    expect(server.warnings).toEqual(isOther ? [expect.stringContaining(`this page (${page}) and`)] : []);
    if (isOther && page.startsWith("https")) expect(server.warnings[0]).toMatch(/Serve both from one site/);
  });
});
