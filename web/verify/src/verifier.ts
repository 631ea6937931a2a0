import type { Claims } from "./claims.js";
import { EndedSessions } from "./endedSessions.js";
import { PublishedKeys } from "./keys.js";
import { Refusal } from "./refusal.js";
import { TokenVerifier, type Verdict } from "./token.js";

export interface VerifierOptions {
  /** The URL of Heirloom, with a path if it has one (`HEIRLOOM_BASE_PATH`). */
  url: string;
  /** `HEIRLOOM_ISSUER` of the server. Default: `heirloom`. */
  issuer?: string;
  /** `HEIRLOOM_AUDIENCE` of the server. Default: `heirloom`. */
  audience?: string;
  /**
   * The address of the service API, and a service key with the scope `ended:read`. Without them, a token is accepted until
   * it expires.
   */
  endedSessions?: { url: string; serviceKey: string };
  /**
   * What happens with valid tokens while it is not known which sessions have ended: they are accepted, or refused with 503.
   * Default: `accept`.
   */
  whenUnknown?: "accept" | "refuse";
  /** For how many seconds after a response of the feed it counts as known which sessions have ended. Default: 30. */
  knownFor?: number;
  /** Replaces `fetch`. */
  fetch?: typeof fetch;
  /** Replaces the clock: seconds since 1970. */
  now?: () => number;
}

/** A valid access token of a session that is not known to have ended. */
export interface Session<More = Record<string, unknown>> {
  userId: string;
  sessionId: string;
  /** All claims of the token. */
  claims: Claims<More>;
}

export interface Verifier<More = Record<string, unknown>> {
  /**
   * The session of a presented access token. Waits for Heirloom only if the keys are not there yet, or if the token names an
   * unknown key and the keys may be fetched again, which is at most every 30 seconds.
   *
   * @throws {@link Refusal}
   */
  verify(token: string): Promise<Session<More>>;
  /** The session of a request, by its header `Authorization`. @throws {@link Refusal} */
  verifyRequest(request: { headers: Headers }): Promise<Session<More>>;
  /** The session for the value of the header `Authorization`. @throws {@link Refusal} */
  verifyHeader(authorization: string | null | undefined): Promise<Session<More>>;
  /** Whether it is known which sessions have ended. Always false without `endedSessions`. */
  readonly knowsEndedSessions: boolean;
  /** How many ended sessions are remembered. */
  readonly endedSessions: number;
  /** Fetches the keys and follows the feed now, and not at the first request. Resolves when the keys are there or have failed. */
  start(): Promise<void>;
  /** Stops following the feed. */
  close(): void;
}

const systemTime = () => Math.floor(Date.now() / 1000);

/** Makes a verifier. It sends nothing before the first token, or `start`. `More` are the claims that your service has added. */
export function createVerifier<More = Record<string, unknown>>(options: VerifierOptions): Verifier<More> {
  const { issuer = "heirloom", audience = "heirloom", whenUnknown = "accept", knownFor = 30 } = options;
  const now = options.now ?? systemTime;
  const send: typeof fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  if (knownFor < 5) throw new TypeError("knownFor must be at least 5 seconds");
  const keys = new PublishedKeys(base(options.url), send, now, () => tokens.verified.clear());
  const tokens = new TokenVerifier(issuer, audience, (kid) => keys.get(kid));
  const feed =
    options.endedSessions &&
    new EndedSessions(base(options.endedSessions.url), options.endedSessions.serviceKey, knownFor, send, now);

  async function verdictOf(token: string): Promise<Verdict> {
    const verdict = await tokens.check(token, now());
    if (verdict !== "unknown key") return verdict;
    const isUpToDate = await keys.refresh();
    const second = await tokens.check(token, now());
    if (second === "unknown key" && !isUpToDate) throw new Refusal("unavailable");
    return second;
  }

  async function verify(token: string): Promise<Session<More>> {
    feed?.follow();
    const verdict = tokens.known(token, now()) ?? (await verdictOf(token));
    if (verdict === "expired") throw new Refusal("access_token_expired");
    if (typeof verdict === "string") throw new Refusal("access_token_invalid");
    const { sub, sid } = verdict.claims;
    if (feed?.has(sid.toLowerCase())) throw new Refusal("session_revoked");
    if (feed && whenUnknown === "refuse" && !feed.areKnown) throw new Refusal("unavailable");
    return { userId: sub, sessionId: sid, claims: verdict.claims as Claims<More> };
  }

  async function verifyHeader(authorization: string | null | undefined): Promise<Session<More>> {
    const token = /^bearer (.*)$/is.exec(authorization ?? "")?.[1]?.trim();
    if (!token) throw new Refusal("access_token_missing");
    return verify(token);
  }

  return {
    verify,
    verifyHeader,
    verifyRequest: (request) => verifyHeader(request.headers.get("authorization")),
    get knowsEndedSessions() {
      return feed?.areKnown ?? false;
    },
    get endedSessions() {
      return feed?.size ?? 0;
    },
    async start() {
      feed?.follow();
      if (!keys.isUpToDate) await keys.refresh();
    },
    close: () => feed?.close(),
  };
}

function base(url: string): string {
  if (!/^https?:\/\/[^/]/.test(url)) throw new TypeError(`${JSON.stringify(url)} is no URL of http or https`);
  return url.replace(/\/+$/, "");
}
