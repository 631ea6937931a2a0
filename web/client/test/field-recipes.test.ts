import { readdir, readFile } from "node:fs/promises";
import axios from "axios";
import { HTTPError } from "ky";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as client from "../src/index.js";
import { codeOf, pathOf } from "./support/pages.js";
import { ALICE, FakeServer, neverResponds, problem, settle } from "./support/server.js";

const API = "https://api.example.com";
let server: FakeServer;
let session: client.Session;

beforeEach(async () => {
  server = new FakeServer();
  session = await server.openLoggedInTab({ baseUrl: "https://auth.example.com", origins: [API] });
  vi.resetModules();
  vi.doMock("../recipes/session", () => ({ session }));
  vi.doMock("@heirloom/client", () => client);
});
afterEach(() => {
  server.close();
  vi.unstubAllGlobals();
});

/** The access token was rejected, so the client refreshes, and repeats the request with its body. */
const expired = () => problem(401, "access_token_expired");
const last = () => server.requests.at(-1);
const accepted = () => new Response(null, { status: 204 });
const orders = () => Response.json([{ id: "1" }]);

describe("field: recipes", () => {
  test("the page shows the code that the tests run", async () => {
    const page = await readFile(pathOf("../../../docs/recipes.md"), "utf8");
    const shown = codeOf(page, "ts", "tsx");
    for (const name of await readdir(pathOf("../recipes"))) {
      expect(shown, name).toContain(await readFile(pathOf(`../recipes/${name}`), "utf8"));
    }
  });

  test("axios sends the token, refreshes it and repeats the request", async () => {
    const { api } = await import("../recipes/axios.js");
    server.once("/orders", expired, orders);
    expect((await api.post("/orders", { amount: 2 })).data).toEqual([{ id: "1" }]);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
      expect.arrayContaining(["POST /orders", "POST /refresh"]),
    );
    expect(server.count("/orders")).toBe(2);
    expect(last()).toMatchObject({ path: expect.stringMatching(/orders|me/) as string });
    expect(server.requests.filter(({ path }) => path === "/orders").map(({ body }) => body)).toEqual(
      Array(2).fill('{"amount":2}'),
    );

    server.once("/orders", () => problem(403, "out_of_stock", { type: "about:blank" }));
    const error: unknown = await api.get("/orders").catch((error: unknown) => error);
    expect(axios.isAxiosError(error) && error.response?.data).toMatchObject({ code: "out_of_stock" });
  });

  test("axios aborts a request", async () => {
    const { api } = await import("../recipes/axios.js");
    server.once("/orders", neverResponds);
    const controller = new AbortController();
    const outcome = expect(api.get("/orders", { signal: controller.signal })).rejects.toThrow(/cancel|abort/i);
    await settle();
    controller.abort();
    await outcome;
  });

  test("ky sends the token, refreshes it and repeats the request", async () => {
    const { api } = await import("../recipes/ky.js");
    server.once("/orders", expired, orders);
    expect(await api.post(`${API}/orders`, { json: { amount: 2 } }).json()).toEqual([{ id: "1" }]);
    const sent = server.requests.filter(({ path }) => path === "/orders");
    expect(sent.map(({ body }) => body)).toEqual(Array(2).fill('{"amount":2}'));
    expect(new Set(sent.map(({ token }) => token)).size).toBe(2);

    server.once("/orders", () => problem(403, "out_of_stock", { type: "about:blank" }));
    await expect(api.get(`${API}/orders`)).rejects.toBeInstanceOf(HTTPError);
  });

  test("TanStack Query loads, aborts and forgets what the last user has loaded", async () => {
    const { devices, orders: query, queryClient } = await import("../recipes/query.js");
    expect(await queryClient.query(devices)).toEqual([{ id: "session-1", current: true }]);
    server.once("/orders", expired, orders);
    expect(await queryClient.query(query)).toEqual([{ id: "1" }]);

    let isAborted = false;
    server.once("/sessions", (request) => {
      request.signal.addEventListener("abort", () => (isAborted = true));
      return neverResponds(request);
    });
    void queryClient.query(devices);
    await settle();
    await queryClient.cancelQueries(devices);
    expect(isAborted).toBe(true);

    await session.refresh();
    await settle();
    expect(queryClient.getQueryData(query.queryKey)).toEqual([{ id: "1" }]);
    await session.logout();
    expect(queryClient.getQueryData(query.queryKey)).toBeUndefined();
    expect(queryClient.getQueryData(devices.queryKey)).toBeUndefined();
  });

  test("TanStack Query forgets them too if the next user logs in without a logout", async () => {
    const { devices, queryClient } = await import("../recipes/query.js");
    await queryClient.query(devices);
    server.always("/users/me", () => Response.json({ id: "2", email: "bob@example.com" }));
    await session.login({ ...ALICE, email: "bob@example.com" });
    expect(session.getState()).toMatchObject({ user: { id: "2" } });
    expect(queryClient.getQueryData(devices.queryKey)).toBeUndefined();
  });

  test.each([
    ["#/reset-password?token=hll_a", "/password/reset", '{"token":"hll_a","new_password":"b"}'],
    ["#/verify-email?token=hll_a", "/email/verify", '{"token":"hll_a"}'],
    ["#/confirm-email?token=hll_a", "/email/confirm", '{"token":"hll_a"}'],
    ["#/undo-email?token=hll_a", "/email/undo", '{"token":"hll_a"}'],
  ])("a page that %s has opened sends it to %s, and keeps its token out of the history", async (hash, path, body) => {
    const replaceState = vi.fn();
    vi.stubGlobal("location", new URL(`https://app.example/shop?a=b${hash}`));
    vi.stubGlobal("history", { replaceState });
    const { followLink, link } = await import("../recipes/recovery.js");
    expect(link?.token).toBe("hll_a");
    expect(replaceState).toHaveBeenCalledWith(null, "", "/shop?a=b");
    expect(server.count(path)).toBe(0);
    server.once(path, accepted);
    await followLink("b");
    expect(server.requests.find((request) => request.path === path)?.body).toBe(body);
  });

  test("a page that no link has opened sends nothing", async () => {
    vi.stubGlobal("location", new URL("https://app.example/#/login"));
    const { followLink, link } = await import("../recipes/recovery.js");
    expect(link).toBeUndefined();
    await followLink("b");
    expect(server.requests).toEqual([]);
  });

  test.each([
    [403, 1],
    [500, 3],
  ])("TanStack Query sends a request with the response %d %d times", async (status, times) => {
    const { devices, queryClient } = await import("../recipes/query.js");
    server.always("/sessions", () => problem(status, "an_error"));
    const error: unknown = await queryClient.query({ ...devices, retryDelay: 0 }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(client.ProblemError);
    expect(server.count("/sessions")).toBe(times);
  });
});
