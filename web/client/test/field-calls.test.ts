import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RequestOptions, Session } from "../src/index.js";
import { compilerErrors } from "./support/compile.js";
import { pathOf } from "./support/pages.js";
import { ALICE, BASE, FakeServer, advance, networkError, neverResponds, settle } from "./support/server.js";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

type Call = (session: Session, options?: RequestOptions) => Promise<unknown>;
const passwords = { current_password: "a", new_password: "b" };

describe("field: every call takes a signal", () => {
  const requests: [path: string, call: Call][] = [
    ["/register", (session, options) => session.register(ALICE, options)],
    ["/login", (session, options) => session.login(ALICE, options)],
    ["/logout-all", (session, options) => session.logoutAll(options)],
    ["/sessions", (session, options) => session.sessions(options)],
    ["/sessions/2", (session, options) => session.endSession("2", options)],
    ["/users/me/events", (session, options) => session.events({ limit: 1, signal: options?.signal })],
    ["/users/me/password", (session, options) => session.changePassword(passwords, options)],
    ["/users/me", (session, options) => session.deleteAccount({ password: "a" }, options)],
  ];
  test.each(requests)("that of %s aborts the request", async (path, call) => {
    const session = await server.openLoggedInTab();
    await settle();
    let isAborted = false;
    server.once(path, (request) => {
      request.signal.addEventListener("abort", () => (isAborted = true));
      return neverResponds(request);
    });
    const controller = new AbortController();
    const reason = new Error("no longer needed");
    const outcome = expect(call(session, controller)).rejects.toThrow();
    await settle();
    expect(isAborted).toBe(false);
    controller.abort(reason);
    await outcome;
    expect(isAborted).toBe(true);
    expect(session.getState().status).toBe("authenticated");
  });

  const shared: [name: string, path: string, isLoggedIn: boolean, call: Call][] = [
    ["user()", "/refresh", false, (session, options) => session.user(options)],
    ["accessToken()", "/refresh", false, (session, options) => session.accessToken(options)],
    ["refresh()", "/refresh", true, (session, options) => session.refresh(options)],
    ["logout()", "/logout", true, (session, options) => session.logout(options)],
    ["endSession() of this session", "/logout", true, (session, options) => session.endSession("session-1", options)],
  ];
  test.each(shared)("that of %s ends the wait, and what others wait for goes on", async (_, path, isLoggedIn, call) => {
    server.cookie = server.newSession();
    let respond = () => {};
    const slow = (request: Request) =>
      new Promise<Response>((resolve) => (respond = () => resolve(server.respond(request, path, null))));
    if (!isLoggedIn) server.once(path, slow);
    const session = isLoggedIn ? await server.openLoggedInTab() : server.openTab();
    if (isLoggedIn) server.once(path, slow);
    const controller = new AbortController();
    const patient = call(session);
    const outcome = expect(call(session, controller)).rejects.toThrow("no longer needed");
    await settle();
    controller.abort(new Error("no longer needed"));
    await outcome;
    respond();
    await settle();
    await patient;
    expect(server.count(path)).toBe(1);
  });

  test("an aborted signal rejects at once, and leaves no listener behind", async () => {
    const session = await server.openLoggedInTab();
    server.always("/refresh", neverResponds);
    await expect(session.refresh({ signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");

    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    signal.addEventListener = (_: string, listener: unknown) => void listeners.add(listener);
    signal.removeEventListener = (_: string, listener: unknown) => void listeners.delete(listener);
    expect(await session.accessToken({ signal })).not.toBeNull();
    expect(listeners.size).toBe(0);
  });

  test("the event of a click is no options", async () => {
    const session = await server.openLoggedInTab();
    const click = new Event("click") as unknown as RequestOptions;
    await session.refresh(click);
    await session.logout(click);
    expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  });

  test("a list of events is asked for by what is given", async () => {
    const session = await server.openLoggedInTab();
    const urls: string[] = [];
    const other = server.openTab({
      fetch: (input, init) => {
        urls.push(input instanceof Request ? input.url : String(input));
        return server.fetch(input, init);
      },
    });
    await other.user();
    urls.length = 0;
    for (const page of [undefined, {}, { limit: 5 }, { before: "a b" }, { limit: 5, before: "c" }]) {
      await other.events(page);
    }
    const queries = ["", "", "limit=5", "before=a+b", "limit=5&before=c"];
    expect(urls).toEqual(queries.map((query) => `${BASE}/users/me/events?${query}`));
    session.close();
  });
});

describe("field: the codes of problems have types", () => {
  const program = (code: string) => `
    import { ProblemError, type ProblemCode } from "@heirloom/client";
    export const texts: Partial<Record<ProblemCode, string>> = { ${code}: "…" };
    export function isExpected(error: unknown) {
      return error instanceof ProblemError && error.code === "${code}";
    }`;

  test("a code of the contract compiles, and a misspelt one does not", () => {
    expect(compilerErrors({ "codes.ts": program("invalid_credentials") })).toEqual([]);
    expect(compilerErrors({ "codes.ts": program("unknown").replace(/export const.*/, "") })).toEqual([]);
    expect(compilerErrors({ "codes.ts": program("invalid_credential") })).toHaveLength(2);
  });

  test("the codes are those of the contract", async () => {
    const document = JSON.parse(await readFile(pathOf("../../../openapi.json"), "utf8")) as {
      components: { examples: Record<string, { value: { code: string } }> };
    };
    const codes = new Set(Object.values(document.components.examples).map(({ value }) => value.code));
    expect(codes.size).toBeGreaterThan(20);
    const source = await readFile(pathOf("../src/codes.ts"), "utf8");
    expect([...source.matchAll(/"(\w+)"/g)].map(([, code]) => code)).toEqual([...codes].sort());
  });
});

test("field: a refresh that fails while its caller has gone is no unhandled error", async () => {
  const session = await server.openLoggedInTab();
  server.always("/refresh", networkError);
  const outcome = expect(session.refresh({ signal: AbortSignal.timeout(1) })).rejects.toThrow();
  await outcome;
  await advance(10_000);
});
