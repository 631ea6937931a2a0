import type { ApiRequest } from "./api.js";
import type { RefreshToken } from "./logout.js";
import type { SharedToken } from "./tabs.js";
import type { ApiRequestOptions, RequestOptions, SessionInfo, TokenAnswer } from "./types.js";

/** A token is refreshed this long before it expires, or in the last tenth of a short lifetime. */
const MARGIN = 10_000;

/** An access token, and the id of its session. */
export interface AccessToken {
  readonly token: string;
  readonly id: string;
}

export interface Tokens extends AccessToken {
  readonly info: SessionInfo;
  readonly refreshAt: number;
  readonly expiresAt: number;
  readonly body: RefreshToken;
}

/** What a login or a refresh returns. */
export interface IssuedTokens {
  readonly shared: SharedToken;
  readonly refresh_token?: string | null | undefined;
  /** Only from a login without cookies. */
  readonly device_token?: string | null | undefined;
}

/** Throws if the response holds no token, as the page of a captive portal does: the response counts as lost. */
export async function requestTokens(
  request: ApiRequest,
  path: string,
  options: Pick<ApiRequestOptions, "body" | "token">,
  call?: RequestOptions,
): Promise<IssuedTokens> {
  const sentAt = Date.now();
  const response = await request<TokenAnswer>(path, { method: "POST", ...options }, call);
  const { access_token: token, expires_in, session: info, ...others } = response;
  if (!token) throw new TypeError("The response has no token.");
  return { ...others, shared: { token, life: expires_in * 1000 + sentAt - Date.now(), info } };
}

export function toTokens({ shared: { token, life, info }, refresh_token }: IssuedTokens): Tokens {
  const expiresAt = Date.now() + life;
  const refreshAt = expiresAt - Math.min(MARGIN, life / 10);
  const body = refresh_token ? { refresh_token } : undefined;
  return { token, id: info.id, info, refreshAt, expiresAt, body };
}
