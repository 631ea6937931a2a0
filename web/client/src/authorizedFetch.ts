import { needsRefresh, readProblem } from "./problem.js";
import { abortable } from "./timeout.js";
import type { TokenManager } from "./tokenManager.js";
import type { AccessToken } from "./tokens.js";
import type { StepUp } from "./types.js";

/**
 * `fetch` with the access token. If the token is rejected, the request is repeated once with the next token. If a service
 * wants a newer proof of who the user is, it is repeated once after `onStepUp`. Only `trustedOrigins` receive the token.
 * Relative URLs are relative to `base`.
 */
export function createAuthorizedFetch(
  send: typeof fetch,
  base: () => string,
  trustedOrigins: (string | undefined)[],
  tokens: Pick<TokenManager, "current" | "next">,
  onStepUp: StepUp | undefined,
): typeof fetch {
  /** A request is repeated after a refresh, and then after a step-up, but not the other way round. */
  async function sendWith(
    request: Request,
    token: AccessToken,
    onStepUp: StepUp | undefined,
    isRepeated?: boolean,
  ): Promise<Response> {
    const copy = request.clone();
    const stepUp = onStepUp?.();
    request.headers.set("authorization", `Bearer ${token.token}`);
    const response = await send(request);
    if (response.status !== 401) return response;

    const isExpired = needsRefresh(await readProblem(response.clone()));
    if (!(isExpired ? !isRepeated : stepUp && (await abortable(stepUp(response), request)))) return response;
    const next = await abortable(tokens.next(token), request);
    // A request of one user is never repeated as another user who has logged in meanwhile.
    return next?.id === token.id ? sendWith(copy, next, isExpired ? onStepUp : undefined, true) : response;
  }

  return async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, base()), init);
    if (!trustedOrigins.includes(new URL(request.url).origin) || request.headers.has("authorization"))
      return send(request);

    // The refresh goes on if the caller aborts: other requests may wait for it too.
    const token = await abortable(tokens.current(), request);
    return token ? sendWith(request, token, onStepUp) : send(request);
  };
}
