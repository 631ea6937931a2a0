import { ProblemError } from "@heirloom/client";
import type { Problem, Session, TokenAnswer } from "@heirloom/client";

/** A family as the rule sees it: what `GET /dev/families/{id}` tells. */
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

/** What the rule decided about a token that was shown; the words are the server's. */
export type Decision =
  "rotated" | "replayed" | "recovered" | "caught_up" | "reused" | "expired" | "revoked" | "invalid" | "disabled";

/** The answer to a token that was shown. */
export interface Verdict {
  readonly status: number;
  readonly decision: Decision;
  /** What came with it, if it was granted. */
  readonly tokens: Tokens | null;
}

export interface Tokens {
  readonly refresh: string;
  readonly access: string;
}

/** What the family view asks the server, beside what every page may ask. */
export interface FamilyServer {
  /** Null where the server is not one for development, which offers none of this. */
  view(id: string): Promise<FamilyView | null>;
  begin(): Promise<{ id: string; tokens: Tokens } | null>;
  /** Shows a refresh token, as any holder of it would. */
  show(refreshToken: string): Promise<Verdict>;
  /** Uses an access token once, which tells the server that it has arrived. False if it is worth nothing any more. */
  use(accessToken: string): Promise<boolean>;
  /** Ends a family by its refresh token. */
  end(refreshToken: string): Promise<void>;
}

export function familyServer(heirloom: URL, session: Session): FamilyServer {
  const at = (path: string) => new URL(path, heirloom);
  // Without the browser's cookies: the practice family's tokens travel in bodies, and the person's own session is none
  // of its business.
  const asStranger = (path: string, init: RequestInit) => fetch(at(path), { ...init, credentials: "omit" });
  const withToken = (refreshToken: string): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: refreshToken }),
  });

  return {
    async view(id) {
      const answer = await session.fetch(at(`dev/families/${id}`));
      return answer.status === 404 ? null : await read<FamilyView>(answer);
    },
    async begin() {
      const answer = await session.fetch(at("dev/families"), { method: "POST" });
      if (answer.status === 404) return null;
      const given = await read<TokenAnswer>(answer);
      return { id: given.session.id, tokens: tokensOf(given) };
    },
    async show(refreshToken) {
      const answer = await asStranger("refresh", withToken(refreshToken));
      const decision = answer.headers.get("heirloom-decision") as Decision | null;
      if (!decision) throw await refusalIn(answer);
      const tokens = answer.ok ? tokensOf(await read<TokenAnswer>(answer)) : null;
      return { status: answer.status, decision, tokens };
    },
    async use(accessToken) {
      const answer = await asStranger("users/me", { headers: { Authorization: `Bearer ${accessToken}` } });
      return answer.ok;
    },
    async end(refreshToken) {
      await asStranger("logout", withToken(refreshToken));
    },
  };
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw await refusalIn(answer);
  return (await answer.json()) as T;
}

async function refusalIn(answer: Response): Promise<Error> {
  const body: unknown = await answer.json().catch(() => null);
  const isProblem = body instanceof Object && "code" in body && "detail" in body;
  return isProblem ? new ProblemError(body as Problem) : new Error(`The server answered with ${answer.status}`);
}

function tokensOf({ refresh_token, access_token }: TokenAnswer): Tokens {
  if (!refresh_token) throw new Error("The server gave no refresh token");
  return { refresh: refresh_token, access: access_token };
}
