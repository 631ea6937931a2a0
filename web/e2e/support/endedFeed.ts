import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const SERVICE_KEY = "hls_a_service_key_of_the_tests";

/** The feed of ended sessions, by its contract. The test names the sessions. */
export class EndedFeed {
  private readonly ended: string[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<EndedFeed> {
    const server = createServer();
    const feed = new EndedFeed(server);
    server.on("request", (request, response: ServerResponse) => {
      const url = new URL(request.url ?? "", "http://localhost");
      if (url.pathname !== "/service/ended" || request.headers.authorization !== `Bearer ${SERVICE_KEY}`) {
        return void response.writeHead(401).end();
      }
      const after = Number(url.searchParams.get("after") ?? 0);
      const respond = () => {
        clearTimeout(timer);
        feed.waiting.delete(respond);
        const ended = feed.ended.slice(after).map((session_id) => ({ session_id }));
        response.end(JSON.stringify({ ended, cursor: String(feed.ended.length), keep_for: 905 }));
      };
      const timer = setTimeout(respond, Number(url.searchParams.get("wait") ?? 0) * 1000);
      if (feed.ended.length > after) respond();
      else feed.waiting.add(respond);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return feed;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  ends(session: string) {
    this.ended.push(session);
    for (const respond of [...this.waiting]) respond();
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
