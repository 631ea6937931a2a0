import { unlessAborted } from "./patience.js";
import { asksForRefresh, problemIn } from "./problem.js";

/** An access token, and the session that it belongs to. */
export interface Held {
  readonly token: string;
  readonly id: string;
}

export interface Carrier {
  send: typeof fetch;
  /** What relative addresses are relative to. */
  base: () => string;
  /** Whether this origin may see the token. */
  isTrusted: (origin: string) => boolean;
  /** The token to use now, refreshed if it is about to expire; null without a session. */
  fresh: () => Promise<Held | null>;
  /** What there is after `old` was refused: a newer one, if need be by a refresh; null without a session. */
  after: (old: Held) => Promise<Held | null>;
}

/** `fetch` with the access token, and once more with the next one if the first one is refused for what it is. */
export function carrying({ send, base, isTrusted, fresh, after }: Carrier): typeof fetch {
  return async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, base()), init);
    if (!isTrusted(new URL(request.url).origin) || request.headers.has("authorization")) return send(request);

    // The refresh goes on when the one who asks gives up: others may wait for it too.
    const held = await unlessAborted(fresh(), request.signal);
    if (!held) return send(request);
    const again = request.clone();
    const answer = await send(bearing(request, held));
    if (answer.status !== 401) return answer;

    if (!asksForRefresh(await problemIn(answer.clone()))) return answer;
    const next = await unlessAborted(after(held), request.signal);
    // What was asked for as one user is never repeated as another who has logged in meanwhile.
    return next?.id === held.id ? send(bearing(again, next)) : answer;
  };
}

function bearing(request: Request, held: Held): Request {
  request.headers.set("authorization", `Bearer ${held.token}`);
  return request;
}
