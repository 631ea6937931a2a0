let browsers = 0;

/**
 * What of a browser the client needs: a cookie jar around `fetch`. Also the bad network in front of it. Each has another
 * name for the server, since tabs of two browsers in one process would hear each other by the same name.
 */
export class CookieJar {
  readonly url = `http://browser-${++browsers}.example`;
  readonly requests: string[] = [];
  /** How many of the next answers of /refresh are lost after the server has given them. */
  loseAnswers = 0;
  /** A token that the server is asked about with a word that says that it has expired. */
  spoil: string | null = null;
  private readonly cookies = new Map<string, string>();

  constructor(private readonly server: string) {}

  /** What somebody has who steals the cookies. */
  copy(): CookieJar {
    const copy = new CookieJar(this.server);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    this.requests.push(`${request.method} ${pathname}`);
    if (this.spoil && request.headers.get("authorization") === `Bearer ${this.spoil}`) {
      return Response.json({ code: "access_token_expired" }, { status: 401 });
    }
    request.headers.set("cookie", Array.from(this.cookies, (pair) => pair.join("=")).join("; "));
    const { body, method, headers, signal } = request;
    const answer = await fetch(this.server + pathname + search, {
      body,
      method,
      headers,
      signal,
      duplex: "half",
    } as RequestInit);
    if (pathname === "/refresh" && this.loseAnswers > 0) {
      this.loseAnswers--;
      throw new TypeError("Failed to fetch");
    }
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  };
}
