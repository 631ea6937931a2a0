import { needsRefresh, readProblem } from "./problem.js";
import { abortable } from "./timeout.js";
import type { TokenManager } from "./tokenManager.js";
import type { AccessToken } from "./tokens.js";

/**
 * `fetch` with the access token. If the token is rejected, the request is repeated once with the next token. Only
 * `trustedOrigins` receive the token. Relative URLs are relative to `base`.
 */
export function createAuthorizedFetch(
  send: typeof fetch,
  base: () => string,
  trustedOrigins: (string | undefined)[],
  tokens: Pick<TokenManager, "current" | "next">,
): typeof fetch {
  function sendWith(request: Request, { token }: AccessToken) {
    request.headers.set("authorization", `Bearer ${token}`);
    return send(request);
  }

  return async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, base()), init);
    if (!trustedOrigins.includes(new URL(request.url).origin) || request.headers.has("authorization"))
      return send(request);

    // The refresh goes on if the caller aborts: other requests may wait for it too.
    const token = await abortable(tokens.current(), request);
    if (!token) return send(request);
    const copy = request.clone();
    const response = await sendWith(request, token);
    if (response.status !== 401 || !needsRefresh(await readProblem(response.clone()))) return response;

    const next = await abortable(tokens.next(token), request);
    // A request of one user is never repeated as another user who has logged in meanwhile.
    return next?.id === token.id ? sendWith(copy, next) : response;
  };
}
