import { importJWK, type JWK } from "jose";

/** A key, bound to one algorithm (RFC 8725, section 3.1). */
export interface VerificationKey {
  alg: "EdDSA" | "ES256";
  key: CryptoKey;
}

/** Unknown keys cause at most one request in this time, in seconds. Anybody can make up a `kid`. */
const BETWEEN_FETCHES = 30;

/** Between attempts after a failure, in seconds. Doubles up to BETWEEN_FETCHES. */
const FIRST_RETRY = 1;

const TIMEOUT = 5_000;

/** The published keys: fetched once, and again for an unknown `kid`. */
export class PublishedKeys {
  private keys = new Map<string, VerificationKey>();
  private attempt: Promise<boolean> | undefined;
  /** Whether there are keys, and the latest attempt to fetch them succeeded. */
  isUpToDate = false;
  private refetchedAt = -Infinity;
  private retryAt = -Infinity;
  private retryAfter = FIRST_RETRY;

  constructor(
    private readonly url: string,
    private readonly fetch: typeof globalThis.fetch,
    private readonly now: () => number,
    private readonly changed: () => void,
  ) {}

  get(kid: string): VerificationKey | undefined {
    return this.keys.get(kid);
  }

  /** Fetches the keys if that is allowed, or waits for the attempt that is under way. Whether they are up to date. */
  async refresh(): Promise<boolean> {
    if (this.attempt) return this.attempt;
    const now = this.now();
    if (this.isUpToDate) {
      if (now - this.refetchedAt >= 0 && now - this.refetchedAt < BETWEEN_FETCHES) return true;
      if (this.keys.size > 0) this.refetchedAt = now;
    } else if (now < this.retryAt) {
      return false;
    }
    this.attempt = this.load();
    try {
      return await this.attempt;
    } finally {
      this.attempt = undefined;
    }
  }

  private async load(): Promise<boolean> {
    try {
      const response = await this.fetch(`${this.url}/.well-known/jwks.json`, {
        headers: { accept: "application/json" },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT),
      });
      if (response.status !== 200) throw new Error(`the response has the status ${response.status}`);
      this.keys = await parseKeySet(await response.json());
      this.isUpToDate = true;
      this.retryAfter = FIRST_RETRY;
      this.changed();
    } catch (error) {
      this.isUpToDate = false;
      this.retryAt = this.now() + this.retryAfter;
      this.retryAfter = Math.min(2 * this.retryAfter, BETWEEN_FETCHES);
      console.warn(`Could not fetch the keys of access tokens from ${this.url}: ${String(error)}`);
    }
    return this.isUpToDate;
  }
}

/** The keys of a JWK Set (RFC 7517). Keys that are not for Heirloom's asymmetric algorithms are left out. */
export async function parseKeySet(set: unknown): Promise<Map<string, VerificationKey>> {
  const list = (set as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(list)) throw new Error("the response is not a JWK Set; is this the URL of Heirloom?");
  const keys = new Map<string, VerificationKey>();
  for (const jwk of list as JWK[]) {
    const alg = algorithmOf(jwk);
    if (!alg || typeof jwk.kid !== "string") continue;
    const key = await importJWK({ ...jwk, alg }, alg).catch(() => null);
    if (key && !(key instanceof Uint8Array)) keys.set(jwk.kid, { alg, key });
  }
  if (keys.size === 0) {
    throw new Error("the key set has no key for EdDSA or ES256; with HS256 only Heirloom can verify");
  }
  return keys;
}

function algorithmOf({ kty, crv, alg, use }: JWK): VerificationKey["alg"] | null {
  if ((use ?? "sig") !== "sig") return null;
  if (kty === "OKP" && crv === "Ed25519" && (alg ?? "EdDSA") === "EdDSA") return "EdDSA";
  if (kty === "EC" && crv === "P-256" && (alg ?? "ES256") === "ES256") return "ES256";
  return null;
}
