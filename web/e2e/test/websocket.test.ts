import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Heirloom } from "../../client/test/support/heirloom.js";
import { bundle } from "../support/bundle.js";
import { EndedFeed, SERVICE_KEY } from "../support/endedFeed.js";
import { Front } from "../support/front.js";
import { LiveServer } from "../support/liveServer.js";
import { launchChromium, PASSWORD } from "../support/world.js";

/** How long access tokens live, in seconds. */
const TTL = 12;
let heirloom: Heirloom;
let feed: EndedFeed;
let live: LiveServer;
let pages: Server;
let front: Front;
let chromium: Browser;
let accounts = 0;

beforeAll(async () => {
  [heirloom, feed, chromium] = await Promise.all([
    Heirloom.start({ HEIRLOOM_BASE_PATH: "/auth", HEIRLOOM_ACCESS_TOKEN_TTL: `${TTL}s` }),
    EndedFeed.start(),
    launchChromium(),
  ]);
  live = await LiveServer.install({
    HEIRLOOM_URL: `${heirloom.url}/auth`,
    HEIRLOOM_SERVICE_URL: feed.url,
    HEIRLOOM_SERVICE_KEY: SERVICE_KEY,
  });
  await live.start();
  const script = await bundle("live/page.ts");
  pages = createServer((request, response) => {
    const isScript = request.url === "/script.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<link rel="icon" href="data:,"><script type="module" src="/script.js"></script>');
  }).listen(0, "127.0.0.1");
  await once(pages, "listening");
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  front = await Front.start({ "/": () => portOf(pages), "/auth": () => heirloom.port, "/live": () => live.port });
}, 240_000);
afterEach(async () => {
  for (const context of chromium.contexts()) await context.close();
  expect(live.isRunning).toBe(true);
});
afterAll(async () => {
  await chromium.close();
  await front.stop();
  pages.closeAllConnections();
  pages.close();
  await live.remove();
  await feed.stop();
  await heirloom.remove();
});

const account = () => ({ email: `alice-${++accounts}@example.com`, password: PASSWORD });

/** A new user, whose page has an open socket. */
async function alice() {
  const credentials = account();
  const context = await chromium.newContext();
  const page = await context.newPage();
  await page.goto(front.url);
  await page.waitForFunction(() => window.session.getState().status === "anonymous");
  expect(await page.evaluate(() => window.urls)).toEqual([]);
  const id = await page.evaluate(async (credentials) => {
    await window.session.register(credentials);
    return (await window.session.login(credentials)).id;
  }, credentials);
  await welcomed(page, id);
  return { page, context, credentials, id, session: await sessionOf(page) };
}

/** Waits until the page has been welcomed this many times. */
const welcomed = (page: Page, id: string, times = 1) =>
  page.waitForFunction(([welcome, times]) => window.messages.filter((message) => message === welcome).length >= times, [
    JSON.stringify({ welcome: id }),
    times,
  ] as const);

const sessionOf = (page: Page) =>
  page.evaluate(() => {
    const state = window.session.getState();
    return state.status === "authenticated" ? state.session.id : "";
  });

/** Tells the feed that the session has ended as soon as Heirloom rejects its access token. */
async function endsOnHeirloom(session: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  await expect
    .poll(async () => (await fetch(`${heirloom.url}/auth/users/me`, { headers })).status, {
      interval: 20,
      timeout: 5_000,
    })
    .toBe(401);
  feed.ends(session);
}

/** A program logs in. */
async function logIn(credentials: object): Promise<{ access_token: string; session: { id: string } }> {
  const response = await fetch(`${heirloom.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...credentials, token_delivery: "body" }),
  });
  return (await response.json()) as { access_token: string; session: { id: string } };
}

async function newTokens() {
  const credentials = account();
  await fetch(`${heirloom.url}/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(credentials),
  });
  return logIn(credentials);
}

/** The messages until the server closes the socket, and how it does. */
async function conversation(protocols: string[], ...messages: string[]) {
  const socket = new WebSocket(`ws://127.0.0.1:${live.port}/live`, protocols);
  const received: unknown[] = [];
  socket.on("message", (data: Buffer) => received.push(JSON.parse(data.toString())));
  await once(socket, "open");
  for (const message of messages) socket.send(message);
  const closed = once(socket, "close").then(([code, reason]) => [code as number, String(reason)] as const);
  return { socket, received, closed };
}

describe("a socket of a page", () => {
  test("opens with the token in its first message, and not in its address", async () => {
    const { page, id } = await alice();
    await page.evaluate(() => window.send("hello"));
    await page.waitForFunction((reply) => window.messages.includes(reply), JSON.stringify({ from: id, text: "hello" }));
    expect(await page.evaluate(() => window.urls)).toEqual([`${front.url.replace("http", "ws")}/live`]);
  });

  test("is closed within a second of a logout on another device, and the page learns why", async () => {
    const { page, credentials, session } = await alice();
    const token = (await page.evaluate(() => window.session.accessToken())) ?? "";
    const phone = await logIn(credentials);
    const loggedOutAt = Date.now();
    const response = await fetch(`${heirloom.url}/auth/logout-all`, {
      method: "POST",
      headers: { authorization: `Bearer ${phone.access_token}` },
    });
    expect(response.status).toBe(200);
    await endsOnHeirloom(session, token);
    await page.waitForFunction(() => window.session.getState().status === "anonymous");
    const [closing] = await page.evaluate(() => window.closings);
    expect(closing).toMatchObject({ code: 4401, reason: "session_revoked" });
    expect(closing!.at - loggedOutAt).toBeLessThan(1_000);
    expect(await page.evaluate(() => window.session.getState())).toEqual({ status: "anonymous", over: "revoked" });
    // There is nothing to reconnect for.
    expect(await page.evaluate(() => window.urls.length)).toBe(1);
  });

  test("is opened again with a fresh token when the token has expired", async () => {
    const { page, id, session } = await alice();
    await welcomed(page, id, 2);
    expect(await page.evaluate(() => window.closings[0])).toMatchObject({ code: 4401, reason: "access_token_expired" });
    expect(await sessionOf(page)).toBe(session);
  });

  test("is opened again when the server has restarted", async () => {
    const { page, id } = await alice();
    await live.stop();
    await page.waitForFunction(() => window.closings.length > 0);
    await live.start();
    await welcomed(page, id, 2);
  });

  test("is closed by a logout in the page, and belongs to the next user after a login", async () => {
    const { page, credentials } = await alice();
    await page.evaluate(() => window.session.logout());
    await page.waitForFunction(() => window.closings.length === 1);
    const bob = { ...credentials, email: `bob-${accounts}@example.com` };
    const id = await page.evaluate(async (bob) => {
      await window.session.register(bob);
      return (await window.session.login(bob)).id;
    }, bob);
    await welcomed(page, id);
  });
});

describe("the server", () => {
  test("takes the token in a subprotocol too, and does not repeat it", async () => {
    const { access_token, session } = await newTokens();
    const { socket, received, closed } = await conversation(["heirloom", `bearer.${access_token}`], "hello");
    await expect.poll(() => received).toMatchObject([{ welcome: expect.any(String) as string }, { text: "hello" }]);
    expect(socket.protocol).toBe("heirloom");
    feed.ends(session.id);
    expect(await closed).toEqual([4401, "session_revoked"]);
  });

  test("carries out messages that arrive before the token is verified, in their order", async () => {
    const { access_token } = await newTokens();
    const { socket, received } = await conversation([], access_token, "1", "2", "3");
    await expect.poll(() => received).toMatchObject([{}, { text: "1" }, { text: "2" }, { text: "3" }]);
    socket.close();
  });

  test.each([
    ["garbage", "access_token_invalid"],
    ["", "access_token_invalid"],
    ["a.b.c", "access_token_invalid"],
  ])("closes a socket whose first message is %j, and carries out none of its messages", async (token, code) => {
    const { received, closed } = await conversation([], token, "hello");
    expect(await closed).toEqual([4401, code]);
    expect(received).toEqual([]);
  });

  test("closes a socket that sends no token", async () => {
    const { closed } = await conversation([]);
    expect(await closed).toEqual([4401, "access_token_missing"]);
  });

  test("refuses the token of a session that has ended", async () => {
    const { access_token, session } = await newTokens();
    feed.ends(session.id);
    await expect
      .poll(async () => (await conversation([], access_token)).closed.then(([, reason]) => reason))
      .toBe("session_revoked");
  });

  test("survives a message that is too large", async () => {
    const { access_token } = await newTokens();
    const { closed } = await conversation([], access_token, "x".repeat(100_000));
    expect((await closed)[0]).toBe(1009);
  });
});
