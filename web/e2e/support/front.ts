import { readFile } from "node:fs/promises";
import { type IncomingMessage, request, createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { random } from "./random.js";

const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript" };
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' http://localhost:*; form-action 'none'; base-uri 'none'";

/**
 * What stands before Heirloom: it serves the tests' page at `/page/`, passes everything else on, and loses answers when
 * it is told to.
 */
export class Front {
  readonly asked: string[] = [];
  /** Which part of the answers is lost, from 0 to 1: the server has seen the request, the browser gets nothing. */
  loss = 0;
  lost = 0;
  private readonly draw = random(7);

  private constructor(
    private readonly server: Server,
    private readonly pages: string,
    private readonly heirloomPort: () => number,
  ) {}

  static async start(pages: string, heirloomPort: () => number): Promise<Front> {
    const server = createServer();
    const front = new Front(server, pages, heirloomPort);
    server.on("request", (incoming, outgoing) => {
      front.answer(incoming, outgoing).catch(() => outgoing.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return front;
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

  /** How often this path was asked for. */
  count(path: string): number {
    return this.asked.filter((asked) => asked === path).length;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(incoming: IncomingMessage, outgoing: ServerResponse) {
    const path = new URL(incoming.url ?? "/", this.url).pathname;
    if (path.startsWith("/page/")) return this.serve(path, outgoing);
    this.asked.push(path);
    const onward = request({
      host: "127.0.0.1",
      port: this.heirloomPort(),
      method: incoming.method,
      path: incoming.url,
      // Host and Origin as the browser sent them: they have to agree.
      headers: incoming.headers,
    });
    onward.on("error", () => {
      outgoing.writeHead(502).end();
    });
    onward.on("response", (answer) => {
      if (this.draw() < this.loss) {
        this.lost++;
        answer.resume();
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  }

  private async serve(path: string, outgoing: ServerResponse) {
    const file = join(this.pages, path.slice("/page/".length));
    const body = await readFile(file);
    outgoing.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "text/plain",
      "content-security-policy": POLICY,
    });
    outgoing.end(body);
  }
}
