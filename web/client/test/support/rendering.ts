import { createServerSessions, type ServerOptions, type ServerSessions, type WebSession } from "../../src/server.js";
import { problem } from "./server.js";

export const HEIRLOOM = "http://heirloom.internal:8080/auth";
const EXPIRES = { expires_at: "2030-01-01T00:00:00Z", idle_expires_at: "2029-01-01T00:00:00Z" };

interface Sent {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

/** An access token as Heirloom makes it, except for its signature. */
export function accessToken(session: string, more: object = {}): string {
  const claims = { sid: session, exp: Math.floor(Date.now() / 1000) + 900, ...more };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
}

export const refreshCookie = (value: string) => `__Host-heirloom_refresh=${value}`;
const ATTRIBUTES = "HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=604800";

/** Heirloom for unit tests: the value of the refresh cookie is the name of the session. */
export class FakeHeirloom {
  readonly sent: Sent[] = [];
  /** Responses in place of the usual ones, by path, each for one request. */
  readonly responses = new Map<string, (() => Response | Promise<Response>)[]>();
  /** Each response takes some time, which differs. */
  delay: () => number = () => 0;

  once(path: string, respond: () => Response | Promise<Response>) {
    this.responses.set(path, [...(this.responses.get(path) ?? []), respond]);
  }

  count(path: string) {
    return this.sent.filter((sent) => sent.path === path).length;
  }

  last(path: string): Sent {
    const found = this.sent.filter((sent) => sent.path === path).at(-1);
    if (!found) throw new Error(`no request to ${path}`);
    return found;
  }

  sessions(options: Partial<ServerOptions> = {}): ServerSessions {
    return createServerSessions({ baseUrl: HEIRLOOM, fetch: this.fetch, ...options });
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname.replace(/^\/auth/, "");
    this.sent.push({ method: request.method, path, headers: request.headers, body: await request.clone().text() });
    await new Promise((resolve) => setTimeout(resolve, this.delay()));
    request.signal.throwIfAborted();
    const respond = this.responses.get(path)?.shift();
    return respond ? respond() : this.respond(request, path);
  };

  private respond(request: Request, path: string): Response {
    const cookie = /heirloom_refresh=([^;\s]+)/.exec(request.headers.get("cookie") ?? "")?.[1];
    const [, payload] = (request.headers.get("authorization") ?? "").split(".");
    switch (path) {
      case "/login":
      case "/refresh":
        return tokens(path === "/login" ? "new" : (cookie ?? "none"));
      case "/logout":
        return withCookies(Response.json({}), [`${refreshCookie("")}; ${ATTRIBUTES.replace("604800", "0")}`]);
      case "/users/me": {
        if (!payload) return problem(401, "access_token_missing");
        const { sid } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { sid: string };
        return Response.json(userOf(sid));
      }
      default:
        return Response.json({ authorization: request.headers.get("authorization") });
    }
  }
}

export const userOf = (session: string) => ({
  id: session,
  email: `${session}@example.com`,
  email_verified: true,
  is_active: true,
  created_at: "2026-01-01T00:00:00Z",
});

export function tokens(session: string, more: object = {}): Response {
  const body = {
    access_token: accessToken(session),
    token_type: "Bearer",
    expires_in: 900,
    session: { id: session, ...EXPIRES },
    ...more,
  };
  return withCookies(Response.json(body), [
    `${refreshCookie(session)}-next; ${ATTRIBUTES}`,
    `__Host-heirloom_access=a; Expires=Wed, 25 Nov 2026 15:00:00 GMT; ${ATTRIBUTES}`,
    "__Host-heirloom_csrf=c; Secure; Path=/",
    "AWSALB=of-a-load-balancer; Path=/",
  ]);
}

export function withCookies(response: Response, cookies: string[]): Response {
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}

/** A request that a browser sends to the app. */
export function pageRequest(headers: Record<string, string> = {}, init: RequestInit = {}): Request {
  return new Request("https://app.example.com/", {
    ...init,
    headers: { host: "app.example.com", "user-agent": "Firefox", ...headers },
  });
}

export const fromBrowser = (session: string, more: Record<string, string> = {}) =>
  pageRequest({ cookie: refreshCookie(session), ...more });

/** The response of a page, with what the session adds to it. */
export async function responseOf(session: WebSession, response = new Response("page")) {
  const { headers } = await session.apply(response);
  return {
    cookies: headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]),
    cacheControl: headers.get("cache-control"),
    vary: headers.get("vary"),
  };
}
