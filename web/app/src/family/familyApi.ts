import { ProblemError } from "@heirloom/client";
import type { Problem, Session, TokenAnswer } from "@heirloom/client";

/** The state of a token family, from `GET /dev/families/{id}`. */
export interface FamilyView {
  readonly id: string;
  readonly generation: number;
  readonly confirmed: number;
  readonly recovered: number;
  readonly credits: number;
  readonly rotated_at: string;
  readonly expires_at: string;
  readonly revoked_reason: string | null;
  readonly policy: { readonly overlap: number; readonly recovery_burst: number; readonly recovery_every: number };
  /** The server's time. */
  readonly at: string;
}

/** What the server decided about a presented token, in the server's own terms. */
export type Decision =
  | "rotated"
  | "replayed"
  | "replayed_elsewhere"
  | "recovered"
  | "caught_up"
  | "reused"
  | "expired"
  | "revoked"
  | "invalid"
  | "disabled";

/** The response to a presented token. */
export interface RefreshResult {
  readonly status: number;
  readonly decision: Decision;
  /** The new tokens, if the server returned any. */
  readonly tokens: Tokens | null;
}

export interface Tokens {
  readonly refresh: string;
  readonly access: string;
}

/** The requests of the family view. */
export interface FamilyApi {
  /** Null if the server is not a development server. */
  getFamily(id: string): Promise<FamilyView | null>;
  startSandbox(): Promise<{ id: string; tokens: Tokens } | null>;
  /** Presents a refresh token, as any client that holds it can do. */
  refresh(refreshToken: string): Promise<RefreshResult>;
  /** Uses an access token once, which confirms its generation. Resolves to false if the server rejects it. */
  confirm(accessToken: string): Promise<boolean>;
  /** Revokes a family by its refresh token. */
  logout(refreshToken: string): Promise<void>;
}

export function createFamilyApi(heirloom: URL, session: Session): FamilyApi {
  const urlOf = (path: string) => new URL(path, heirloom);
  // Without the browser's cookies: the sandbox sends its tokens in bodies, and must not touch the user's own session.
  const fetchWithoutCookies = (path: string, init: RequestInit) => fetch(urlOf(path), { ...init, credentials: "omit" });
  const withToken = (refreshToken: string): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: refreshToken }),
  });

  return {
    async getFamily(id) {
      const response = await session.fetch(urlOf(`dev/families/${id}`));
      return response.status === 404 ? null : await readJson<FamilyView>(response);
    },
    async startSandbox() {
      const response = await session.fetch(urlOf("dev/families"), { method: "POST" });
      if (response.status === 404) return null;
      const body = await readJson<TokenAnswer>(response);
      return { id: body.session.id, tokens: toTokens(body) };
    },
    async refresh(refreshToken) {
      const response = await fetchWithoutCookies("refresh", withToken(refreshToken));
      const decision = response.headers.get("heirloom-decision") as Decision | null;
      if (!decision) throw await toError(response);
      const tokens = response.ok ? toTokens(await readJson<TokenAnswer>(response)) : null;
      return { status: response.status, decision, tokens };
    },
    async confirm(accessToken) {
      const response = await fetchWithoutCookies("users/me", { headers: { Authorization: `Bearer ${accessToken}` } });
      return response.ok;
    },
    async logout(refreshToken) {
      await fetchWithoutCookies("logout", withToken(refreshToken));
    },
  };
}

async function readJson<T>(response: Response): Promise<T> {
  if (!response.ok) throw await toError(response);
  return (await response.json()) as T;
}

async function toError(response: Response): Promise<Error> {
  const body: unknown = await response.json().catch(() => null);
  const isProblem = body instanceof Object && "code" in body && "detail" in body;
  return isProblem ? new ProblemError(body as Problem) : new Error(`The server responded with ${response.status}`);
}

function toTokens({ refresh_token, access_token }: TokenAnswer): Tokens {
  if (!refresh_token) throw new Error("The response contains no refresh token");
  return { refresh: refresh_token, access: access_token };
}
