import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy that shows several servers to browsers as one origin: the longest prefix of the path decides. */
export class Front {
  private constructor(
    private readonly server: Server,
    private readonly portOf: (path: string) => number,
  ) {}

  static async start(ports: Record<string, () => number>): Promise<Front> {
    const prefixes = Object.keys(ports).sort((a, b) => b.length - a.length);
    const portOf = (path: string) => ports[prefixes.find((prefix) => path.startsWith(prefix))!]!();
    const front = new Front(createServer(), portOf);
    front.server.on("request", (incoming, outgoing) => {
      const forwarded = request(front.target(incoming), (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(outgoing);
      });
      forwarded.on("error", () => outgoing.writeHead(502).end());
      incoming.pipe(forwarded);
    });
    front.server.on("upgrade", (incoming, socket: Socket) => front.upgrade(incoming, socket));
    front.server.listen(0, "127.0.0.1");
    await once(front.server, "listening");
    return front;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private target(incoming: IncomingMessage) {
    const { method, url: path = "/", headers, socket } = incoming;
    const address = { "x-forwarded-for": socket.remoteAddress ?? "" };
    return { host: "127.0.0.1", port: this.portOf(path), method, path, headers: { ...headers, ...address } };
  }

  private upgrade(incoming: IncomingMessage, socket: Socket) {
    const target = connect(this.portOf(incoming.url ?? "/"), "127.0.0.1");
    target.write(`GET ${incoming.url} HTTP/1.1\r\n`);
    const { rawHeaders } = incoming;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      target.write(`${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`);
    }
    target.write("\r\n");
    for (const [one, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    socket.pipe(target).pipe(socket);
  }
}
