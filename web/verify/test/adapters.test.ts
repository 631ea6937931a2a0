import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Stub } from "./support/stub.js";
import { AT, GOOD, token, UNKNOWN_KID, VECTORS } from "./support/vectors.js";

let stub: Stub;

beforeEach(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  stub = await Stub.start();
  // The examples read their settings from the environment, and the time from the system.
  vi.stubEnv("HEIRLOOM_URL", stub.url);
  vi.stubEnv("HEIRLOOM_ISSUER", VECTORS.issuer);
  vi.stubEnv("HEIRLOOM_AUDIENCE", VECTORS.audience);
  vi.useFakeTimers({ toFake: ["Date"], now: AT * 1000 });
  vi.resetModules();
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });
});

interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

type Get = (path: string, authorization?: string) => Promise<Answer>;

const answerOf = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: response.headers,
  body: await response.text(),
});

/** Node's fetch would join the values of two headers. */
function overTcp(port: number): (path: string, authorization?: string | string[]) => Promise<Answer> {
  return async (path, authorization) => {
    const sent = request({ port, path, host: "127.0.0.1", agent: false });
    if (authorization) sent.setHeader("authorization", authorization);
    sent.end();
    const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
    let body = "";
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode ?? 0, headers: new Headers(response.headers as Record<string, string>), body };
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const APPS: Record<string, () => Promise<Get>> = {
  express: async () => overTcp(await listening(createServer((await import("../examples/express.js")).app))),
  fastify: async () => {
    const { app } = await import("../examples/fastify.js");
    await app.listen({ port: 0, host: "127.0.0.1" });
    onTestFinished(() => void app.close());
    return overTcp((app.server.address() as AddressInfo).port);
  },
  hono: async () => {
    const { app } = await import("../examples/hono.js");
    return async (path, authorization) =>
      answerOf(await app.request(path, authorization ? { headers: { authorization } } : {}));
  },
  worker: async () => {
    const { default: worker } = await import("../examples/worker.js");
    return async (path, authorization) =>
      path === "/health"
        ? { status: 200, headers: new Headers(), body: "ok" }
        : answerOf(
            await worker.fetch(
              new Request(`https://api.example${path}`, authorization ? { headers: { authorization } } : {}),
            ),
          );
  },
};

test.each(Object.keys(APPS))("%s lets valid tokens through, and refuses others as Heirloom does", async (name) => {
  const get = await APPS[name]!();
  expect(await get("/health")).toMatchObject({ status: 200, body: "ok" });
  expect(await get("/orders", `bearer ${token(GOOD)}`)).toMatchObject({
    status: 200,
    body: `the orders of ${VECTORS.good.claims.sub}`,
  });
  for (const [authorization, code, challenge] of [
    [undefined, "access_token_missing", /^Bearer$/],
    ["Basic YTpi", "access_token_missing", /^Bearer$/],
    ["Bearer a.b.c", "access_token_invalid", /^Bearer error="invalid_token", error_description="The access token is/],
    [`Bearer ${token(UNKNOWN_KID)}`, "access_token_invalid", /^Bearer error="invalid_token"/],
  ] as const) {
    const { status, headers, body } = await get("/orders", authorization);
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toMatch(challenge);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(JSON.parse(body)).toMatchObject({ code, status: 401, type: `urn:heirloom:problem:${code}` });
  }
  stub.goesDown();
  vi.setSystemTime((AT + 31) * 1000);
  const { status, headers, body } = await get("/orders", `Bearer ${token(UNKNOWN_KID)}`);
  expect([status, headers.get("retry-after"), headers.get("www-authenticate")]).toEqual([503, "1", null]);
  expect(JSON.parse(body)).toMatchObject({ code: "unavailable" });
});

test.each(["express", "fastify"])("%s refuses two headers", async (name) => {
  const get = (await APPS[name]!()) as ReturnType<typeof overTcp>;
  const bearer = `Bearer ${token(GOOD)}`;
  expect(await get("/orders", [bearer, bearer])).toMatchObject({ status: 400 });
});
