import { afterEach, beforeEach, expect, test } from "vitest";
import { stepUp, type Challenge } from "../src/account.js";
import type { Session } from "../src/index.js";
import { advance, BASE, delayed, FakeServer, type Handler, problem, settle } from "./support/server.js";

const API = `${BASE}/api`;
const CHALLENGE = 'Bearer error="insufficient_user_authentication", max_age="300", acr_values="phr mfa"';
let server: FakeServer;
let session: Session;
let challenges: Challenge[];
/** Ends the step-ups in progress. */
let prove: (isProved?: boolean) => void;
let refuse: (reason: Error) => void;

beforeEach(async () => {
  server = new FakeServer();
  challenges = [];
  const onStepUp = stepUp((challenge) => {
    challenges.push(challenge);
    return new Promise((resolve, reject) => {
      prove = resolve;
      refuse = reject;
    });
  });
  session = await server.openLoggedInTab({ onStepUp });
});
afterEach(() => server.close());

/** The service wants a newer proof than the one of this token. */
const wants: Handler = () => new Response("who?", { status: 401, headers: { "www-authenticate": CHALLENGE } });
const statuses = async (responses: Promise<Response>[]) => (await Promise.all(responses)).map(({ status }) => status);

test("requests that wait cause one step-up, and are then repeated once with a new token and their body", async () => {
  server.once("/api", wants, wants, wants);
  const before = await session.accessToken();
  const requests = ["a", "b", "c"].map((body) => session.fetch(API, { method: "POST", body }));
  await settle();
  expect(challenges).toEqual([{ maxAge: 300, acrValues: ["phr", "mfa"] }]);
  expect(server.count("/api")).toBe(3);
  prove();
  expect(await statuses(requests)).toEqual([200, 200, 200]);
  expect(challenges).toHaveLength(1);
  const repeated = server.requests.filter(({ path }) => path === "/api").slice(3);
  expect(repeated.map(({ body }) => body).sort()).toEqual(["a", "b", "c"]);
  expect(new Set(repeated.map(({ token }) => token))).toEqual(new Set([await session.accessToken()]));
  expect(await session.accessToken()).not.toBe(before);
  expect(server.count("/refresh")).toBe(1);
});

test.each([
  ["rejects", () => refuse(new Error("closed"))],
  ["resolves to false", () => prove(false)],
])("if the step-up %s, each request gets its own 401 with its body", async (_, close) => {
  server.once("/api", wants, () => new Response("again?", { status: 401, headers: { "www-authenticate": CHALLENGE } }));
  const requests = [session.fetch(API), session.fetch(API)];
  await settle();
  close();
  const responses = await Promise.all(requests);
  expect(await Promise.all(responses.map((response) => response.text()))).toEqual(["who?", "again?"]);
  expect(challenges).toHaveLength(1);
  expect([server.count("/api"), server.count("/refresh")]).toEqual([2, 0]);

  // A later request begins another one.
  server.once("/api", wants);
  const later = session.fetch(API);
  await settle();
  expect(challenges).toHaveLength(2);
  prove();
  expect((await later).status).toBe(200);
});

test("a callback that throws counts as a refusal", async () => {
  const onStepUp = stepUp(() => {
    throw new Error("no dialog");
  });
  const tab = await server.openLoggedInTab({ onStepUp });
  server.once("/api", wants);
  expect((await tab.fetch(API)).status).toBe(401);
});

test.each([
  ["succeeded", [200, 200]],
  ["was refused", [401, 401]],
])("a slow request joins the step-up that %s after it was sent", async (outcome, expected) => {
  const late = delayed(wants);
  server.once("/api", wants, late.handler);
  const requests = [session.fetch(API), session.fetch(API)];
  await settle();
  prove(outcome === "succeeded");
  await settle();
  late.release();
  expect(await statuses(requests)).toEqual(expected);
  expect(challenges).toHaveLength(1);
});

test("a request that is sent during the step-up joins it", async () => {
  server.once("/api", wants, wants);
  const first = session.fetch(API);
  await settle();
  const second = session.fetch(API);
  await settle();
  prove();
  expect(await statuses([first, second])).toEqual([200, 200]);
  expect(challenges).toHaveLength(1);
});

test("a repeated request that is still refused returns its 401, without another step-up or refresh", async () => {
  server.once("/api", wants, wants);
  const request = session.fetch(API);
  await settle();
  prove();
  expect((await request).status).toBe(401);
  server.once("/api", wants, () => problem(401, "access_token_expired"));
  const other = session.fetch(API);
  await settle();
  prove();
  expect(await (await other).json()).toMatchObject({ code: "access_token_expired" });
  expect([challenges.length, server.count("/refresh"), server.count("/api")]).toEqual([2, 2, 4]);
});

test("a step-up may follow a refresh", async () => {
  server.once("/api", () => problem(401, "access_token_expired"), wants);
  const request = session.fetch(API, { method: "POST", body: "once" });
  await settle();
  expect(challenges).toHaveLength(1);
  prove();
  expect((await request).status).toBe(200);
  expect(server.requests.filter(({ path }) => path === "/api").map(({ body }) => body)).toEqual(Array(3).fill("once"));
});

test("the token of a reauthentication is used without another refresh", async () => {
  server.once("/api", wants);
  server.once("/reauthenticate", () => server.tokens("session-1"));
  const request = session.fetch(API);
  await settle();
  await session.reauthenticate("three lamps on the stairs");
  prove();
  expect((await request).status).toBe(200);
  expect(server.requests.find(({ path }) => path === "/reauthenticate")?.body).toBe(
    '{"password":"three lamps on the stairs"}',
  );
  expect(server.count("/refresh")).toBe(1);
});

test("a wrong password is a ProblemError, and changes nothing", async () => {
  server.once("/reauthenticate", () => problem(403, "invalid_credentials"));
  await expect(session.reauthenticate("wrong")).rejects.toMatchObject({ code: "invalid_credentials" });
  expect(server.count("/refresh")).toBe(0);
  expect(session.getState().status).toBe("authenticated");
});

test("a user who logs out instead, or another user who logs in, gets the original 401", async () => {
  server.once("/api", wants);
  const request = session.fetch(API);
  await settle();
  await session.logout();
  prove();
  expect((await request).status).toBe(401);

  await session.login({ email: "alice@example.com", password: "x" });
  server.once("/api", wants);
  const other = session.fetch(API);
  await settle();
  await session.login({ email: "bob@example.com", password: "x" });
  prove();
  expect((await other).status).toBe(401);
  expect(server.count("/api")).toBe(2);
});

test("an aborted request does not wait for the user, and other requests go on", async () => {
  server.once("/api", wants, wants);
  const controller = new AbortController();
  const aborted = session.fetch(API, { signal: controller.signal });
  const other = session.fetch(API);
  await settle();
  controller.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  prove();
  expect((await other).status).toBe(200);
});

test.each([
  ["another error of OAuth", { "www-authenticate": 'Bearer error="insufficient_scope"' }],
  [
    "a mention in the description",
    { "www-authenticate": 'Bearer error_description="insufficient_user_authentication"' },
  ],
  ["no challenge", {}],
])("%s causes no step-up", async (_, headers) => {
  server.once("/api", () => new Response(null, { status: 401, headers: headers as Record<string, string> }));
  expect((await session.fetch(API)).status).toBe(401);
  expect(challenges).toEqual([]);
});

test("a challenge without parameters, and one without quotes", async () => {
  for (const header of ["insufficient_user_authentication", '"insufficient_user_authentication", max_age=5']) {
    server.once(
      "/api",
      () => new Response(null, { status: 401, headers: { "www-authenticate": `Bearer error=${header}` } }),
    );
    const request = session.fetch(API);
    await settle();
    prove();
    await request;
  }
  expect(challenges).toEqual([{}, { maxAge: 5 }]);
});

test("origins that receive no token cause no step-up", async () => {
  server.once("/api", wants, wants);
  expect((await session.fetch("https://other.example/api")).status).toBe(401);
  expect((await session.fetch(API, { headers: { authorization: "Basic YTpi" } })).status).toBe(401);
  await advance(1_000);
  expect(challenges).toEqual([]);
});

test("without onStepUp the 401 is returned", async () => {
  const tab = await server.openLoggedInTab();
  server.once("/api", wants);
  expect(await (await tab.fetch(API)).text()).toBe("who?");
  expect(server.count("/refresh")).toBe(0);
});
