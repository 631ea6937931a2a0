/** The parts of `next/server` that the page on server rendering uses. */
export type NextRequest = Request;

export class NextResponse extends Response {
  /** Continues with the page. The headers of its request are replaced as Next.js does it. */
  static next({ request: { headers } }: { request: { headers: Headers } }): NextResponse {
    const names = [...headers.keys()];
    const response = new NextResponse(null, { headers: { "x-middleware-next": "1" } });
    response.headers.set("x-middleware-override-headers", names.join(","));
    for (const name of names) response.headers.set(`x-middleware-request-${name}`, headers.get(name) ?? "");
    return response;
  }
}
