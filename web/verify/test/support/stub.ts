import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createVerifier, type Verifier, type VerifierOptions } from "../../src/index.js";
import { AT, VECTORS } from "./vectors.js";

export const SERVICE_KEY = "hls_a_service_key_of_the_tests";

/** A stub of Heirloom that follows the contract of the key set and of the feed of ended sessions. */
export class Stub {
  keyRequests = 0;
  readonly feedRequests: string[] = [];
  /** The clock of the verifiers. */
  now = AT;
  url = "";
  jwks: unknown = VECTORS.jwks.current;
  private isDown = false;
  private readonly ended = [...VECTORS.ended];
  private readonly waiting = new Set<() => void>();

  static async start(): Promise<Stub> {
    const stub = new Stub();
    const server = createServer((request, response) => void stub.respond(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    stub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return stub;
  }

  verifier(options: Partial<VerifierOptions> = {}): Verifier {
    const { issuer, audience } = VECTORS;
    const verifier = createVerifier({ url: this.url, issuer, audience, now: () => this.now, ...options });
    onTestFinished(() => verifier.close());
    return verifier;
  }

  following(options: Partial<VerifierOptions> = {}): Verifier {
    return this.verifier({ endedSessions: { url: this.url, serviceKey: SERVICE_KEY }, ...options });
  }

  ends(session: string) {
    this.ended.push(session);
    this.wake();
  }

  /** Every response from now on is 503. Pending ones too. */
  goesDown() {
    this.isDown = true;
    this.wake();
  }

  comesBack() {
    this.isDown = false;
  }

  private wake() {
    for (const wake of this.waiting) wake();
  }

  private async respond(request: IncomingMessage, response: ServerResponse) {
    const send = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const url = new URL(request.url ?? "", this.url);
    if (this.isDown) return send(503, {});
    if (url.pathname === "/.well-known/jwks.json") {
      this.keyRequests++;
      return send(200, this.jwks);
    }
    if (request.headers.authorization !== `Bearer ${SERVICE_KEY}`) return send(401, { code: "service_key_invalid" });
    this.feedRequests.push(url.pathname + url.search);
    const after = Number(url.searchParams.get("after") ?? 0);
    const wait = Number(url.searchParams.get("wait") ?? 0);
    if (this.ended.length <= after) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, wait * 1000);
        this.waiting.add(wake);
      });
    }
    if (this.isDown) return send(503, {});
    const ended = this.ended
      .slice(after)
      .map((id) => ({ session_id: id, user_id: id, at: "2026-03-01T12:00:00Z", reason: "logout" }));
    return send(200, { ended, cursor: String(this.ended.length), keep_for: 905 });
  }
}
