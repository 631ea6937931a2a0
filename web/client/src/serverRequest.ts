/** The parts of a request that a server needs. `Request` has them, and so has what `next/headers` returns. */
export interface IncomingRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers: Pick<Headers, "get">;
}

/** A function is called only if the session is used: some servers know no address while they build pages. */
export type ClientAddress = string | undefined | (() => string | undefined);

/** Heirloom's cookies of a browser. `HEIRLOOM_COOKIE_*` decides about their prefix. */
const COOKIE = /^(?:__Host-|__Secure-)?heirloom_/;
const ADDRESS = /^[\da-f.:]+$/i;
const SAFE_METHOD = /^(?:GET|HEAD|OPTIONS)$/i;

/** Carries from a proxy or middleware of this server to the page why the session has ended. */
export const OVER_HEADER = "heirloom-over";
/**
 * With the value `no`, Heirloom does not take the access token as a proof that the browser has received its session's newest
 * refresh token: the response of this server, which carries that token, may still get lost.
 */
export const CONFIRM_HEADER = "heirloom-confirm";

export const isHeirloomCookie = (cookie: string) => COOKIE.test(cookie.trim());

/** What a browser has sent. */
export class BrowserRequest {
  /** Heirloom's own cookies, as the browser has sent them. No other cookie leaves this server. */
  readonly cookies: string;
  readonly bearer: string | undefined;
  readonly receivedAt = performance.now();
  private read: Readonly<Record<string, string>> | undefined;

  constructor(
    private readonly request: IncomingRequest,
    private readonly address: ClientAddress,
  ) {
    const { headers } = request;
    this.cookies = (headers.get("cookie") ?? "").split(";").filter(isHeirloomCookie).join(";").trim();
    this.bearer = /^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  }

  /** Identifies the browser to Heirloom: its address and its user agent. */
  get client(): Readonly<Record<string, string>> {
    return (this.read ??= {
      ...forwardedFor(
        this.header("x-forwarded-for"),
        typeof this.address === "function" ? this.address() : this.address,
      ),
      // Without the header, `fetch` would send the name of this server's runtime.
      "user-agent": this.header("user-agent") ?? "",
    });
  }

  /** The cookies of other applications. */
  get otherCookies(): string {
    const all = (this.header("cookie") ?? "").split(";");
    return all
      .filter((cookie) => !isHeirloomCookie(cookie))
      .join(";")
      .trim();
  }

  get hasRefreshCookie(): boolean {
    return /(?:^|;) *(?:__Host-|__Secure-)?heirloom_refresh=[^;\s]/.test(this.cookies);
  }

  /** The access token in its cookie. Undefined if there are two of this name. */
  get accessCookie(): string | undefined {
    const found = [...this.cookies.matchAll(/(?:^|;) *(?:__Host-|__Secure-)?heirloom_access=([^;\s]+)/g)];
    return found.length === 1 ? found[0]?.[1] : undefined;
  }

  /** Whether another site may have made the browser send a request that changes something. */
  get isForged(): boolean {
    const { headers, method = "GET", url } = this.request;
    if (SAFE_METHOD.test(method)) return false;
    const site = headers.get("sec-fetch-site");
    if (site) return site !== "same-origin" && site !== "none";
    const origin = headers.get("origin");
    if (!origin) return false;
    const host = headers.get("host") ?? (url && URL.canParse(url) ? new URL(url).host : "");
    return !URL.canParse(origin) || new URL(origin).host !== host.toLowerCase();
  }

  /** Whether the browser has followed a link of another site, and so has withheld cookies with `SameSite=Strict`. */
  get isFromAnotherSite(): boolean {
    return this.request.headers.get("sec-fetch-site") === "cross-site";
  }

  /** Whether the browser, or a router in the page, only expects that the user opens this page. */
  get isPrefetch(): boolean {
    const { headers } = this.request;
    return (
      /prefetch/.test(headers.get("sec-purpose") ?? headers.get("purpose") ?? "") ||
      headers.get("next-router-prefetch") === "1"
    );
  }

  header(name: string): string | null {
    return this.request.headers.get(name);
  }
}

/**
 * Appends the address, as a proxy does. Without an address that this server knows itself, nothing is passed on: Heirloom
 * would take the last entry for the client's address, and the client may have written it.
 */
function forwardedFor(received: string | null, address: string | undefined): Record<string, string> {
  // Sockets for both protocols write IPv4 addresses as IPv6, and some add the interface.
  const plain = (address ?? "").replace(/^::ffff:(?=[\d.]+$)/i, "").replace(/%.*/, "");
  if (!ADDRESS.test(plain)) return {};
  return { "x-forwarded-for": received ? `${received}, ${plain}` : plain };
}
