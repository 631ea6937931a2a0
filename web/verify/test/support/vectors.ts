import { readFileSync } from "node:fs";
import type { HeirloomClaims, RefusalCode } from "../../src/index.js";

export interface Vector {
  name: string;
  token: string;
  jwks: "current" | "rotated";
  at: number;
  expect: "accepted" | RefusalCode;
}

export const VECTORS = JSON.parse(
  readFileSync(new URL("../../../../vectors/access_tokens.json", import.meta.url), "utf8"),
) as {
  issuer: string;
  audience: string;
  jwks: Record<"current" | "rotated", { keys: Record<string, string>[] }>;
  signers: Record<string, Record<string, string>>;
  ended: string[];
  good: { claims: HeirloomClaims };
  vectors: Vector[];
};

export function vector(name: string): Vector {
  const found = VECTORS.vectors.find((vector) => vector.name === name);
  if (!found) throw new Error(`no vector ${JSON.stringify(name)}`);
  return found;
}

export const token = (name: string) => vector(name).token;

export const GOOD = "a good token with EdDSA";
export const GOOD_P256 = "a good token with ES256";
export const OF_THE_NEW_KEY = "a token of the new key, after a rotation";
export const UNKNOWN_KID = "an unknown kid";
/** When the good tokens are valid. */
export const AT = vector(GOOD).at;
