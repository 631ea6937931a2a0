import { HeirloomServer } from "./serverHeirloom.js";
import { beforeHead, fromNode, NodeHeaders, type NodeRequest, type NodeResponse } from "./serverNode.js";
import {
  BrowserRequest,
  type ClientAddress,
  CONFIRM_HEADER,
  type IncomingRequest,
  OVER_HEADER,
} from "./serverRequest.js";
import { RequestSession, type ServerSession } from "./serverSession.js";

export { ProblemError } from "@heirloom/client";
export type { NodeRequest, NodeResponse } from "./serverNode.js";
export type { IncomingRequest } from "./serverRequest.js";
export type { ServerSession } from "./serverSession.js";
export type { OverReason, Problem, SessionInfo, SessionState, User } from "./types.js";

export interface ServerOptions {
  /** The URL of Heirloom as this server reaches it, such as `http://127.0.0.1:8080`, with its base path if it has one. */
  baseUrl: string | URL;
  /** Origins of your other services. They and Heirloom receive the access token from `fetch`, and no other origin does. */
  origins?: readonly string[];
  /** How long Heirloom may take to respond, in milliseconds. Default: 5,000. */
  timeout?: number;
  /** Sends the requests instead of the global `fetch`. */
  fetch?: typeof fetch;
}

export interface OpenOptions {
  /**
   * The address that has sent the request, from the socket or from a proxy that you trust, and never what the client has
   * written. Without it, all your users share this server's address, and its rate limit. A function is called only if the
   * session is used.
   */
  clientAddress?: ClientAddress;
  /** For code that can set no cookies, such as a server component: never refreshes. */
  readOnly?: boolean;
}

/** The session of a request, for servers that return a `Response`. */
export interface WebSession extends ServerSession {
  /**
   * Sets the cookies on the response, and marks it as not to be cached if the session was used. Return what it returns. After
   * that the session cannot refresh any more.
   */
  apply: (response: Response) => Promise<Response>;
  /**
   * The headers of the request for a handler behind this one, which calls `open` with them: with the access token in place of
   * Heirloom's cookies.
   */
  forward: () => Promise<Headers>;
}

export interface ServerSessions {
  /** The session of a request with `Request`, as in SvelteKit, Next.js and Hono. Sends nothing before it is used. */
  open: (request: IncomingRequest, options?: OpenOptions) => WebSession;
  /**
   * The session of a request of `node:http` or Express. Its cookies are set on `response` when the head is written. The
   * address is that of the socket, after what a proxy has written into `X-Forwarded-For`.
   */
  openNode: (request: NodeRequest, response: NodeResponse) => ServerSession;
}

/** Create it once. It holds no user: each request has its own session. */
export function createServerSessions(options: ServerOptions): ServerSessions {
  const { timeout = 5_000, origins = [] } = options;
  const base = `${options.baseUrl}`.replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(base)) throw new TypeError(`baseUrl is no HTTP URL: ${options.baseUrl}`);
  const send: typeof fetch = (...request) => (options.fetch ?? globalThis.fetch)(...request);
  const heirloom = new HeirloomServer(base, send, timeout);
  const trusted = origins.map((origin) => new URL(origin).origin);

  return {
    open(request, { clientAddress, readOnly = false } = {}) {
      let isSent = false;
      const browser = new BrowserRequest(request, clientAddress);
      const session = new RequestSession(heirloom, browser, trusted, readOnly, () => isSent);
      return {
        ...session.functions,
        async apply(response) {
          await session.settle();
          isSent = true;
          return withChangedHeaders(response, (headers) => mark(headers, session));
        },
        async forward() {
          const headers = new Headers(request.headers as Headers);
          await forward(headers, browser, session);
          return headers;
        },
      };
    },
    openNode(request, response) {
      const browser = new BrowserRequest(fromNode(request), request.socket.remoteAddress);
      const session = new RequestSession(heirloom, browser, trusted, false, () => response.headersSent);
      beforeHead(response, () => mark(new NodeHeaders(response), session));
      return session.functions;
    },
  };
}

/** A response that depends on the user is for this browser only. No cache may keep it or its cookies. */
function mark(headers: Pick<Headers, "get" | "set" | "append">, { isUsed, cookies }: RequestSession) {
  if (!isUsed) return;
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  headers.set("cache-control", "no-store");
  const vary = headers.get("vary");
  if (!/(?:^|,) *(?:\*|cookie) *(?:,|$)/i.test(vary ?? "")) headers.set("vary", vary ? `${vary}, Cookie` : "Cookie");
}

/** The headers of a redirect, and those of a response from `fetch`, cannot change. */
function withChangedHeaders(response: Response, change: (headers: Headers) => void): Response {
  try {
    response.headers.delete("heirloom-immutable");
  } catch {
    response = new Response(response.body, response);
  }
  change(response.headers);
  return response;
}

async function forward(headers: Headers, browser: BrowserRequest, session: RequestSession) {
  for (const name of [CONFIRM_HEADER, OVER_HEADER]) headers.delete(name);
  // If Heirloom does not respond, the handler behind does not know the user, and the page in the browser tries again.
  const found = await session.find().catch(() => ({ status: "unreachable" as const }));
  const grant = "token" in found && found;
  const over = "over" in found && found.over;
  if (grant) {
    headers.set("authorization", `Bearer ${grant.token}`);
    if (grant.isNew) headers.set(CONFIRM_HEADER, "no");
  } else if (over) headers.set(OVER_HEADER, over);
  if (!grant && !over) return;
  const others = browser.otherCookies;
  if (others) headers.set("cookie", others);
  else headers.delete("cookie");
}
