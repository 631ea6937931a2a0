let browsers = 0;

/**
 * Adds a cookie jar to `fetch`, and can simulate a bad network. Each jar uses another name for the server: otherwise tabs
 * of two browsers in one process would receive each other's messages.
 */
export class CookieJar {
  readonly url = `http://browser-${++browsers}.example`;
  readonly requests: string[] = [];
  /** How many of the next responses to /refresh are lost after the server has sent them. */
  loseResponses = 0;
  /** The jar rejects this token as expired; the server does not see it. */
  expiredToken: string | null = null;
  private readonly cookies = new Map<string, string>();

  constructor(private readonly server: string) {}

  /** A jar with the same cookies, for a thief. */
  copy(): CookieJar {
    const copy = new CookieJar(this.server);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    this.requests.push(`${request.method} ${pathname}`);
    if (this.expiredToken && request.headers.get("authorization") === `Bearer ${this.expiredToken}`) {
      return Response.json({ code: "access_token_expired" }, { status: 401 });
    }
    request.headers.set("cookie", Array.from(this.cookies, (pair) => pair.join("=")).join("; "));
    const { body, method, headers, signal } = request;
    const response = await fetch(this.server + pathname + search, {
      body,
      method,
      headers,
      signal,
      duplex: "half",
    } as RequestInit);
    if (pathname === "/refresh" && this.loseResponses > 0) {
      this.loseResponses--;
      throw new TypeError("Failed to fetch");
    }
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  };
}
