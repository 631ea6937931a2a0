import type { Held, Keeper } from "./keeper.js";
import { unlessAborted } from "./patience.js";
import { asksForRefresh, problemIn } from "./problem.js";

/**
 * `fetch` with the access token, and once more with the next one if the first one is refused for what it is. Only origins
 * that are `trusted` see it; relative addresses are relative to `base`.
 */
export function carrying(
  send: typeof fetch,
  base: () => string,
  trusted: Set<string>,
  keeper: Pick<Keeper, "fresh" | "after">,
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, base()), init);
    if (!trusted.has(new URL(request.url).origin) || request.headers.has("authorization")) return send(request);

    // The refresh goes on when the one who asks gives up: others may wait for it too.
    const held = await unlessAborted(keeper.fresh(), request.signal);
    if (!held) return send(request);
    const again = request.clone();
    const answer = await send(bearing(request, held));
    if (answer.status !== 401 || !asksForRefresh(await problemIn(answer.clone()))) return answer;

    const next = await unlessAborted(keeper.after(held), request.signal);
    // What was asked for as one user is never repeated as another who has logged in meanwhile.
    return next?.id === held.id ? send(bearing(again, next)) : answer;
  };
}

function bearing(request: Request, held: Held): Request {
  request.headers.set("authorization", `Bearer ${held.token}`);
  return request;
}
