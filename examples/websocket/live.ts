import type { Session } from "@heirloom/client";

const UNAUTHORIZED = 4401;
const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;

/**
 * Keeps a WebSocket open while the user is logged in, with a fresh token for each connection. Returns a function that closes
 * it.
 */
export function connect(session: Session, url: string, listener: (message: string) => void): () => void {
  let socket: WebSocket | undefined;
  /** The session of the socket, or of the one that is about to open. */
  let current: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  async function open() {
    const id = current;
    // Without a response of Heirloom there is no token: the socket is opened later.
    const token = await session.accessToken().catch(() => undefined);
    if (!current || current !== id) return;
    if (!token) return retry();
    const opened = (socket = new WebSocket(url));
    opened.onopen = () => opened.send(token);
    opened.onmessage = ({ data }) => {
      failures = 0;
      listener(String(data));
    };
    opened.onclose = async ({ code }) => {
      if (socket !== opened) return;
      socket = undefined;
      // The token has expired, or the session has ended. The refresh shows which, and the state of the session follows.
      if (code === UNAUTHORIZED) await session.refresh().catch(() => undefined);
      if (current === id) retry();
    };
  }

  function retry() {
    const delay = Math.min(FIRST_DELAY * 2 ** failures++, LONGEST_DELAY);
    clearTimeout(timer);
    // The random part keeps the pages of all users out of step when the server has restarted.
    timer = setTimeout(() => void open(), delay / 2 + (Math.random() * delay) / 2);
  }

  function follow(next: string | undefined) {
    if (next === current) return;
    current = next;
    failures = 0;
    clearTimeout(timer);
    const former = socket;
    socket = undefined;
    former?.close();
    if (current) void open();
  }

  const update = (state = session.getState()) => {
    if (state.status === "authenticated") follow(state.session.id);
    else if (state.status === "anonymous") follow(undefined);
  };
  const unsubscribe = session.subscribe(update);
  update();
  return () => {
    unsubscribe();
    follow(undefined);
  };
}
