import type { FamilyView } from "../../src/family/familyApi.js";

const at = "2026-01-01T00:00:00Z";
/** A family at this generation, confirmed up to `confirmed`. */
export const familyAt = (generation: number, confirmed: number, revoked_reason: string | null = null): FamilyView => ({
  id: "family",
  generation,
  confirmed,
  recovered: 0,
  credits: 3,
  rotated_at: at,
  expires_at: at,
  revoked_reason,
  policy: { overlap: 10, recovery_burst: 3, recovery_every: 10 },
  at,
});
