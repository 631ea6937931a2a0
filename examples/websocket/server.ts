import { createServer, type IncomingMessage } from "node:http";
import { createVerifier, Refusal } from "@heirloom/verify";
import { type WebSocket, WebSocketServer } from "ws";

/** Applications may use the codes from 4000 (RFC 6455). The reason is the code of the problem, such as `session_revoked`. */
const UNAUTHORIZED = 4401;
const TRY_AGAIN_LATER = 1013;
/** How long a socket may take to send its token, in milliseconds. */
const TOKEN_TIMEOUT = 5_000;
/** How often the sessions of open sockets are checked, in milliseconds. It needs no request. */
const CHECK_EVERY = 250;

const heirloom = createVerifier({
  url: process.env.HEIRLOOM_URL ?? "http://127.0.0.1:8080",
  endedSessions: {
    url: process.env.HEIRLOOM_SERVICE_URL ?? "http://127.0.0.1:9090",
    // Of `heirloom service-key create live --scope ended:read`
    serviceKey: process.env.HEIRLOOM_SERVICE_KEY ?? "",
  },
});
void heirloom.start();

/** The access token of each socket whose session is known. */
const tokens = new Map<WebSocket, string>();

function accept(socket: WebSocket, request: IncomingMessage) {
  let user = undefined as Promise<string | undefined> | undefined;
  const timer = setTimeout(() => socket.close(UNAUTHORIZED, "access_token_missing"), TOKEN_TIMEOUT);

  async function authenticate(token: string): Promise<string | undefined> {
    clearTimeout(timer);
    try {
      const { userId } = await heirloom.verify(token);
      if (socket.readyState === socket.OPEN) tokens.set(socket, token);
      socket.send(JSON.stringify({ welcome: userId }));
      return userId;
    } catch (error) {
      refuse(socket, error);
    }
  }

  const inProtocol = /\bbearer\.([\w.-]+)/.exec(request.headers["sec-websocket-protocol"] ?? "")?.[1];
  if (inProtocol) user = authenticate(inProtocol);

  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    if (!user) user = authenticate(text);
    // Messages that arrive before the token is verified wait for it.
    else void user.then((userId) => userId && receive(socket, userId, text));
  });
  socket.on("close", () => {
    clearTimeout(timer);
    tokens.delete(socket);
  });
  // Without a listener, a broken frame would end the process. The socket closes by itself.
  socket.on("error", () => undefined);
}

/** What the application does with a message: this one sends it back. */
function receive(socket: WebSocket, userId: string, text: string) {
  if (tokens.has(socket)) socket.send(JSON.stringify({ from: userId, text }));
}

function refuse(socket: WebSocket, error: unknown) {
  tokens.delete(socket);
  if (error instanceof Refusal && error.status === 401) socket.close(UNAUTHORIZED, error.code);
  else socket.close(TRY_AGAIN_LATER);
}

/** Closes the sockets whose session has ended, or whose token has expired. */
setInterval(() => {
  for (const [socket, token] of tokens) {
    heirloom.verify(token).catch((error: unknown) => {
      // A key that cannot be fetched says nothing about the session.
      if (error instanceof Refusal && error.status === 401) refuse(socket, error);
    });
  }
}, CHECK_EVERY);

const server = createServer((_request, response) => void response.writeHead(426).end());
const sockets = new WebSocketServer({
  server,
  path: "/live",
  maxPayload: 64 * 1024,
  // The token is never selected, so the response does not repeat it.
  handleProtocols: (offered) => (offered.has("heirloom") ? "heirloom" : false),
});
sockets.on("connection", accept);
server.listen(Number(process.env.PORT ?? 3001), "127.0.0.1", () => {
  console.log(`listening on ${JSON.stringify(server.address())}`);
});
