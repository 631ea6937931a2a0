export type { Claims, HeirloomClaims } from "./claims.js";
export { Refusal, type RefusalCode } from "./refusal.js";
export { createVerifier, type Session, type Verifier, type VerifierOptions } from "./verifier.js";
