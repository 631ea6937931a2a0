import { compactVerify } from "jose";
import { VerifiedTokens } from "./cache.js";
import { areClaims, type Claims } from "./claims.js";
import type { VerificationKey } from "./keys.js";

/** Longer tokens are rejected unparsed. Heirloom's have about 500 characters, and at most 2,300 with claims. */
const MAX_LENGTH = 4096;

/**
 * Three parts in base64url. Both algorithms have signatures of 64 bytes; of the last character only four values have no
 * bits that a lenient decoder ignores.
 */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/;

/** How far the clocks of processes may differ, in seconds. */
const CLOCK_TOLERANCE = 5;

/** `iat` and `exp` are whole seconds. Without this a token would live up to a second less than the response says. */
const ROUNDING = 1;

/** What a token is, apart from whether its session has ended. */
export type Verdict = { claims: Claims } | "invalid" | "expired" | "unknown key";

/** Checks access tokens, and remembers which signatures it has checked. */
export class TokenVerifier {
  readonly verified = new VerifiedTokens<{ claims: Claims }>();

  constructor(
    private readonly issuer: string,
    private readonly audience: string,
    private readonly keyOf: (kid: string) => VerificationKey | undefined,
  ) {}

  /** What is known about a token whose signature has been checked before. Otherwise undefined. */
  known(token: string, now: number): Verdict | undefined {
    const verified = this.verified.find(token, now);
    if (!verified) return undefined;
    const verdict = atTime(verified, now);
    if (verdict === "expired") this.verified.forget(token);
    return verdict;
  }

  /** Checks form, `typ`, algorithm, known `kid`, signature, `iss`, `aud`, the type of every claim, and the times. */
  async check(token: string, now: number): Promise<Verdict> {
    if (token.length > MAX_LENGTH || !COMPACT.test(token)) return "invalid";
    const header = decoded(token.slice(0, token.indexOf("."))) as Record<string, unknown> | null;
    if (typeof header !== "object" || header === null) return "invalid";
    const { alg, kid, typ } = header;
    if (typ !== "at+jwt" || "crit" in header || typeof kid !== "string") return "invalid";
    if (alg !== "EdDSA" && alg !== "ES256") return "invalid";
    const key = this.keyOf(kid);
    if (!key) return "unknown key";
    if (key.alg !== alg) return "invalid";
    const isSigned = await compactVerify(token, key.key, { algorithms: [key.alg] }).then(
      () => true,
      () => false,
    );
    if (!isSigned) return "invalid";
    const claims = decoded(token.slice(token.indexOf(".") + 1, token.lastIndexOf(".")));
    if (!areClaims(claims) || claims.iss !== this.issuer || claims.aud !== this.audience) return "invalid";
    const verdict = atTime({ claims }, now);
    // The keys may have changed meanwhile.
    if (typeof verdict === "object" && this.keyOf(kid) === key) this.verified.keep(token, verdict, now);
    return verdict;
  }
}

function atTime(verified: { claims: Claims }, now: number): Verdict {
  const { iat, nbf, exp } = verified.claims;
  if (Math.max(iat, nbf ?? iat) > now + CLOCK_TOLERANCE) return "invalid";
  if (exp + ROUNDING <= now) return "expired";
  return verified;
}

/** The JSON of a part. Null if it is none. */
function decoded(part: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return null;
  }
}
