import type { ProblemError } from "./problem.js";
import type { Store } from "./store.js";
import type { Problem, UnreachableCause } from "./types.js";

/** A cause, and what the developer who reads the console can do about it. */
type Finding = readonly [UnreachableCause, string];

/** How long to wait for a server that may not respond. */
const PROBE_TIMEOUT = 3_000;
const NO_COOKIES =
  'This runtime keeps no cookies, so the session of a login would be lost. Use createSession({ tokenDelivery: "body" }), or pass a `fetch` with a cookie jar.';
/** The warnings of each session in the console. */
const warnings = new WeakMap<Store, Set<string>>();

const currentPage = () => (globalThis as { location?: Location }).location;

/**
 * Warns in the console, once about each thing that is wrong. `subject` is one of three: a response with the header
 * `heirloom-hint`; the code `refresh_token_missing`, if the page still had a session; or the error that made Heirloom
 * unreachable, in which case the state gets its cause. Without a subject it rejects: nothing here keeps the cookie of a
 * login.
 *
 * This file is a chunk of its own, so it imports no values from the rest of the client.
 */
export async function diagnose(subject: unknown, base: string, send: typeof fetch, store: Store): Promise<void> {
  if (!subject) throw new TypeError(NO_COOKIES);
  const [cause, advice] = await find(subject, base, send);
  if (cause !== "cookie" && store.get().status === "unreachable") store.set({ status: "unreachable", cause });
  const warned = warnings.get(store) ?? new Set();
  if (advice && !warned.has(cause)) console.warn(`[heirloom] ${advice}`);
  warnings.set(store, warned.add(cause));
}

async function find(
  subject: unknown,
  base: string,
  send: typeof fetch,
): Promise<Finding | readonly ["cookie", string]> {
  if (subject === "refresh_token_missing") return ["cookie", isOtherSite(new URL(base)) ? lostCookie(base) : ""];
  const { headers, problem, status } = Object(subject) as Partial<Response & ProblemError>;
  if (headers) return ["cookie", headers.get("heirloom-hint") === "cookie-not-sent-cross-site" ? lostCookie(base) : ""];
  return problem && status ? fromResponse(status, problem, base) : fromProbes(base, send);
}

function fromResponse(status: number, { code, type, detail }: Problem, base: string): Finding {
  const isHeirloom = type === `urn:heirloom:problem:${code}`;
  if (isHeirloom && code === "cross_site_request") {
    const proxy = "If a proxy is in front of Heirloom, let it keep the header Host that the browser sends.";
    return ["origin", `Heirloom at ${base} refuses this page. ${allowOrigin()} ${proxy}`];
  }
  if (isHeirloom && (status === 404 || status === 405)) {
    const path = "The path of baseUrl must be HEIRLOOM_BASE_PATH, or a prefix that your proxy removes.";
    return ["path", `Heirloom responds, but it has no ${base}/refresh. ${path}`];
  }
  if (isHeirloom || status === 429 || status >= 500) {
    return ["error_response", `${base} responds with ${status}. ${detail}`];
  }
  return notHeirloom(base, `responds with ${status}`);
}

/** No response has arrived, or one without a token. */
async function fromProbes(base: string, send: typeof fetch): Promise<Finding> {
  const page = currentPage();
  const timeout = new AbortController();
  const { signal } = timeout;
  setTimeout(() => timeout.abort(), PROBE_TIMEOUT);
  const probe = (mode: RequestMode) =>
    send(`${base}/ping`, { mode, credentials: "omit", cache: "no-store", signal }).catch(() => undefined);
  if ((globalThis as { navigator?: Navigator }).navigator?.onLine === false) {
    return ["network", "This browser is offline."];
  }

  const response = await probe("cors");
  if (response) {
    const body = (await response.json().catch(() => ({}))) as Partial<Problem> & { message?: string };
    if (body.message === "pong") return ["network", `${base} responds again, after requests without a response.`];
    if (body.code) return fromResponse(response.status, body as Problem, base);
    return notHeirloom(base, `responds to GET /ping with ${response.status}`);
  }
  if (!page || page.origin === new URL(base).origin) {
    return ["network", `${base} does not respond. Does Heirloom run there?`];
  }
  // Heirloom forbids pages of other origins to load its responses, also in this mode. Few other servers do.
  if (await probe("no-cors")) return notHeirloom(base, "responds otherwise");
  if (signal.aborted) return ["network", `${base} does not respond in time. Does Heirloom run there?`];
  const advice = [
    `This page gets no response from ${base}.`,
    "Either Heirloom does not run there, or it refuses this page; its log then names the origin.",
    allowOrigin(),
    page.protocol === "https:" && base.startsWith("http:") ? "A page with https needs a baseUrl with https." : "",
  ];
  return ["unreadable", advice.join(" ").trim()];
}

function notHeirloom(base: string, what: string): Finding {
  const scheme = /^\/[^/]*[.:]/.test(new URL(base).pathname) ? "Does baseUrl lack http:// or https://? " : "";
  const remedy = "Set baseUrl to the URL of Heirloom, or let your proxy forward this path to it.";
  return ["not_heirloom", `${base} is not Heirloom: it ${what}. ${scheme}${remedy}`];
}

function allowOrigin(): string {
  return `Add ${currentPage()?.origin ?? "its origin"} to HEIRLOOM_ALLOWED_ORIGINS.`;
}

/** Whether the page certainly belongs to another site: two sites below one suffix, such as `co.uk`, are not told apart. */
function isOtherSite(base: URL): boolean {
  const page = currentPage();
  const siteOf = ({ protocol, hostname }: Pick<URL, "protocol" | "hostname">) =>
    protocol + (/^[\d.]+$|:/.test(hostname) ? hostname : hostname.split(".").slice(-2).join("."));
  return !!page && siteOf(page) !== siteOf(base);
}

function lostCookie(base: string): string {
  const page = currentPage();
  const { hostname } = new URL(base);
  const isLocal = [hostname, page?.hostname ?? ""].every((host) => /^(localhost|127\.[\d.]+|\[::1\])$/.test(host));
  const remedy = isLocal
    ? `Use one host name for both: set baseUrl to ${base.replace(hostname, page?.hostname ?? "")}, or use a proxy.`
    : "Serve both from one site, or behind one proxy. HEIRLOOM_COOKIE_SAMESITE=none helps only where the browser permits third-party cookies.";
  return `The login succeeded, but the session is lost at the next reload: this page (${page?.origin ?? ""}) and Heirloom (${base}) are two sites, so the browser does not send the cookie. ${remedy}`;
}
