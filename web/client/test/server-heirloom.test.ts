import { readdir, readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createSession } from "../src/index.js";
import type { AppServer } from "./support/appServer.js";
import { APPS } from "./support/apps.js";
import { Heirloom } from "./support/heirloom.js";
import { codeOf, pathOf } from "./support/pages.js";

const PASSWORD = "three lamps on the stairs";
const ADDRESS = "198.51.100.7";
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
let heirloom: Heirloom;
let users = 0;
const apps: AppServer[] = [];

beforeAll(async () => {
  heirloom = await Heirloom.start({
    HEIRLOOM_BASE_PATH: "/auth",
    HEIRLOOM_TRUSTED_PROXIES: "127.0.0.1",
    HEIRLOOM_REFRESH_OVERLAP: "2s",
  });
  vi.stubEnv("HEIRLOOM_URL", `${heirloom.url}/auth`);
}, 60_000);
afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop();
});
afterAll(() => heirloom.remove());

async function start(name: string): Promise<AppServer> {
  const app = await APPS[name]!();
  apps.push(app);
  return app;
}

/** A browser behind a proxy that forwards `/auth` to Heirloom, and everything else to the app. */
class Browser {
  cookies = new Map<string, string>();
  private address = ADDRESS;
  private constructor(readonly email: string) {}

  /** A new user, logged in by the page in the browser. */
  static async loggedIn(): Promise<Browser> {
    const browser = new Browser(`alice-${++users}@example.com`);
    const account = { email: browser.email, password: PASSWORD };
    await browser.calls("/register", account);
    await browser.calls("/login", account);
    return browser;
  }

  /** A browser with the same cookies elsewhere. */
  copy(): Browser {
    const copy = new Browser(this.email);
    copy.address = "203.0.113.66";
    copy.cookies = new Map(this.cookies);
    return copy;
  }

  get refreshCookie() {
    return this.cookies.get("__Host-heirloom_refresh");
  }

  /** Opens a page. With `isLost`, its response does not arrive. */
  async opens(app: AppServer, { isLost = false, method = "GET", path = "/", body = "" } = {}) {
    const response = await this.send(app.url + path, {
      method,
      redirect: "manual",
      ...(method === "POST" && {
        body,
        headers: { "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" },
      }),
    });
    const text = await response.text();
    if (!isLost) this.takes(response);
    return { status: response.status, headers: response.headers, text, greets: text.includes(`Hello ${this.email}`) };
  }

  /** Refreshes, or confirms the newest generation, as the page does after it has been loaded. */
  async runsItsScript() {
    const { access_token } = (await this.calls("/refresh", {})) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    await this.send(`${heirloom.url}/auth/users/me`, { headers });
    return access_token;
  }

  async calls(path: string, body: object): Promise<unknown> {
    const response = await this.send(`${heirloom.url}/auth${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBeLessThan(300);
    this.takes(response);
    return response.json();
  }

  async events(): Promise<{ kind: string; ip: string | null; user_agent: string | null }[]> {
    const headers = { authorization: `Bearer ${await this.runsItsScript()}` };
    const response = await this.send(`${heirloom.url}/auth/users/me/events`, { headers });
    return ((await response.json()) as { events: { kind: string; ip: string; user_agent: string }[] }).events;
  }

  async sessions(): Promise<{ ip: string; also_used_from?: unknown; user_agent: string }[]> {
    const headers = { authorization: `Bearer ${await this.runsItsScript()}` };
    const response = await this.send(`${heirloom.url}/auth/sessions`, { headers });
    return ((await response.json()) as { sessions: { ip: string; user_agent: string }[] }).sessions;
  }

  private send(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("cookie", ["theme=dark", ...Array.from(this.cookies, (pair) => pair.join("="))].join("; "));
    headers.set("user-agent", USER_AGENT);
    headers.set("x-forwarded-for", this.address);
    return fetch(url, { ...init, headers });
  }

  private takes(response: Response) {
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

describe.each(Object.keys(APPS))("an app with %s", (name) => {
  test("greets the user, and passes the rotated cookie on, page after page", async () => {
    const app = await start(name);
    const alice = await Browser.loggedIn();
    const seen = new Set([alice.refreshCookie]);
    for (let page = 0; page < 4; page++) {
      const { status, headers, greets, text } = await alice.opens(app);
      expect([status, greets, text.includes("Hello")]).toEqual([200, true, true]);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("vary")).toMatch(/(^|, )Cookie$/);
      expect(headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-heirloom_refresh=hl_[^;]+; (?=.*HttpOnly)(?=.*Secure)(?=.*SameSite=Strict)/),
      ]);
      seen.add(alice.refreshCookie);
      await alice.runsItsScript();
      seen.add(alice.refreshCookie);
    }
    expect(seen.size).toBe(9);
    expect(await alice.sessions()).toMatchObject([{ ip: ADDRESS, user_agent: USER_AGENT }]);
    expect((await alice.sessions())[0]).not.toHaveProperty("also_used_from");
  });

  test("renders for two users at once, each with her own cookies", async () => {
    const app = await start(name);
    const [alice, bob] = [await Browser.loggedIn(), await Browser.loggedIn()];
    for (let round = 0; round < 3; round++) {
      const pages = await Promise.all([alice, bob, alice, bob].map((browser) => browser.opens(app)));
      expect(pages.map(({ greets }) => greets)).toEqual([true, true, true, true]);
    }
    for (const browser of [alice, bob]) {
      expect((await browser.events()).map(({ kind }) => kind)).not.toContain("reuse_detected");
    }
  });

  test("survives pages that two processes render at once with the same cookie", async () => {
    const [one, two] = [await start(name), await start(name)];
    const alice = await Browser.loggedIn();
    for (let round = 0; round < 5; round++) {
      const pages = await Promise.all([one, two, one, two].map((app) => alice.opens(app)));
      expect(pages.every(({ greets }) => greets)).toBe(true);
    }
    const kinds = (await alice.events()).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== "registered" && kind !== "login_succeeded")).toEqual([]);
  });

  test("a page that is lost on its way ends no session, also if the user returns late", async () => {
    const app = await start(name);
    const alice = await Browser.loggedIn();
    await alice.runsItsScript();
    await alice.opens(app, { isLost: true });
    // The overlap window of the server has passed.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await alice.opens(app)).greets).toBe(true);
    await alice.runsItsScript();
    expect((await alice.events()).map(({ kind }) => kind)).not.toContain("reuse_detected");
  });

  test("a theft is shown to the thief and to the user, and clears the cookie", async () => {
    const app = await start(name);
    const alice = await Browser.loggedIn();
    const thief = alice.copy();
    for (let page = 0; page < 3; page++) {
      await alice.opens(app);
      await alice.runsItsScript();
    }
    for (const browser of [thief, alice]) {
      const { text, headers } = await browser.opens(app);
      expect(text).toMatch(/Someone else|"over":"reused"/);
      expect(headers.getSetCookie()).toContainEqual(expect.stringMatching(/^__Host-heirloom_refresh=;.*Max-Age=0/));
      expect(browser.refreshCookie).toBeUndefined();
    }
  });

  test("while Heirloom is stopped, pages are rendered without a user, and the session goes on after it", async () => {
    const app = await start(name);
    const alice = await Browser.loggedIn();
    const cookie = alice.refreshCookie;
    await heirloom.stop();
    const { status, greets, headers } = await alice.opens(app);
    expect([status, greets, headers.getSetCookie()]).toEqual([200, false, []]);
    expect(headers.get("cache-control")).toBe("no-store");
    await heirloom.launch();
    expect(alice.refreshCookie).toBe(cookie);
    expect((await alice.opens(app)).greets).toBe(true);
  });
});

test.each(["express", "sveltekit"])("a form of %s logs the user out", async (name) => {
  const app = await start(name);
  const alice = await Browser.loggedIn();
  const before = alice.copy();
  expect((await alice.opens(app, { method: "POST", path: name === "express" ? "/logout" : "/" })).status).toBe(303);
  expect(alice.refreshCookie).toBeUndefined();
  expect((await alice.opens(app)).greets).toBe(false);
  expect((await before.opens(app)).greets).toBe(false);
});

test("a form of Express logs the user in, in place of another, and shows why it cannot", async () => {
  const app = await start("express");
  const [alice, bob] = [await Browser.loggedIn(), await Browser.loggedIn()];
  const form = (password: string) => String(new URLSearchParams({ email: bob.email, password }));
  const wrong = await alice.opens(app, { method: "POST", path: "/login", body: form("a wrong password") });
  expect([wrong.status, wrong.headers.getSetCookie()]).toEqual([401, []]);
  expect((await alice.opens(app)).greets).toBe(true);
  const right = await alice.opens(app, { method: "POST", path: "/login", body: form(PASSWORD) });
  expect([right.status, right.headers.get("location")]).toEqual([303, "/"]);
  expect((await alice.opens(app)).text).toContain(`Hello ${bob.email}`);
});

describe("with the access token in a cookie", () => {
  let withCookie: Heirloom;
  beforeAll(async () => {
    withCookie = await Heirloom.start({ HEIRLOOM_BASE_PATH: "/auth", HEIRLOOM_ACCESS_COOKIE: "true" });
  }, 60_000);
  afterAll(() => withCookie.remove());

  test("only every first page refreshes, and every cookie arrives", async () => {
    vi.stubEnv("HEIRLOOM_URL", `${withCookie.url}/auth`);
    const app = await start("express");
    vi.stubEnv("HEIRLOOM_URL", `${heirloom.url}/auth`);
    const account = { email: "alice@example.com", password: PASSWORD };
    const send = (path: string, body: object) =>
      fetch(`${withCookie.url}/auth${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    await send("/register", account);
    const login = (await send("/login", account)).headers.getSetCookie().map((line) => line.split(";", 1)[0]!);
    const open = async (cookies: string[]) => {
      const response = await fetch(app.url, { headers: { cookie: cookies.join("; ") } });
      const lines = response.headers.getSetCookie();
      expect(await response.text()).toContain("Hello alice@example.com");
      return lines;
    };
    expect(await open(login)).toEqual([]);
    const set = await open(login.filter((cookie) => !cookie.includes("_access=")));
    expect(set.map((line) => line.split("=", 1)[0]).sort()).toEqual([
      "__Host-heirloom_access",
      "__Host-heirloom_csrf",
      "__Host-heirloom_refresh",
    ]);
    expect(await open(set.map((line) => line.split(";", 1)[0]!))).toEqual([]);
  });
});

test("the pages show the code that the tests run", async () => {
  for (const [page, folder] of [
    ["server-rendering", "../servers"],
    ["websockets", "../../../examples/websocket"],
  ] as const) {
    const shown = codeOf(await readFile(pathOf(`../../../docs/${page}.md`), "utf8"), "ts", "tsx");
    const names = (await readdir(pathOf(folder))).filter((name) => /\.tsx?$/.test(name));
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(shown, name).toContain(await readFile(pathOf(`${folder}/${name}`), "utf8"));
  }
});

test("in Node, which keeps no cookies, a login of the page's own session is refused and names the remedy", async () => {
  const session = createSession({ baseUrl: `${heirloom.url}/auth` });
  await expect(session.login({ email: "alice@example.com", password: PASSWORD })).rejects.toThrow(
    'createSession({ tokenDelivery: "body" })',
  );
});
