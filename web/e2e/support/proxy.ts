import { readFile } from "node:fs/promises";
import { type IncomingMessage, request, createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { random } from "./random.js";

const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript" };
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' http://localhost:*; form-action 'none'; base-uri 'none'";

/** A reverse proxy in front of Heirloom. It serves the test page at `/page/`, and can lose responses. */
export class Proxy {
  /** The paths of all requests to Heirloom. */
  readonly requests: string[] = [];
  /** The share of responses to lose, from 0 to 1. The server receives the request, but the browser gets no response. */
  lossRate = 0;
  lostResponses = 0;
  /** How long to hold back each of the next requests to `/refresh`, in milliseconds. */
  readonly delays: number[] = [];
  private readonly draw = random(7);

  private constructor(
    private readonly server: Server,
    private readonly pageDirectory: string,
    private readonly heirloomPort: () => number,
  ) {}

  static async start(pageDirectory: string, heirloomPort: () => number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, pageDirectory, heirloomPort);
    server.on("request", (incoming, outgoing) => {
      proxy.handle(incoming, outgoing).catch(() => outgoing.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  get page(): string {
    return `${this.url}/page/index.html`;
  }

  /** The number of requests to this path. */
  count(path: string): number {
    return this.requests.filter((request) => request === path).length;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(incoming: IncomingMessage, outgoing: ServerResponse) {
    const path = new URL(incoming.url ?? "/", this.url).pathname;
    if (path.startsWith("/page/")) return this.serveFile(path, outgoing);
    this.requests.push(path);
    const delay = path === "/refresh" && this.delays.shift();
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    const forwarded = request({
      host: "127.0.0.1",
      port: this.heirloomPort(),
      method: incoming.method,
      path: incoming.url,
      // Host and Origin stay as the browser sent them, because they must match.
      headers: incoming.headers,
    });
    forwarded.on("error", () => {
      outgoing.writeHead(502).end();
    });
    forwarded.on("response", (response) => {
      if (this.draw() < this.lossRate) {
        this.lostResponses++;
        response.resume();
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  }

  private async serveFile(path: string, outgoing: ServerResponse) {
    const file = join(this.pageDirectory, path.slice("/page/".length));
    const body = await readFile(file);
    outgoing.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "text/plain",
      "content-security-policy": POLICY,
    });
    outgoing.end(body);
  }
}
