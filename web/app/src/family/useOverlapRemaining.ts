import { useEffect, useState } from "react";
import type { FamilyView } from "./familyApi.js";

/**
 * The seconds left in the overlap window, rounded up. It counts with a monotonic clock from the arrival of `family`,
 * because this machine's wall clock may differ from the server's.
 */
export function useOverlapRemaining(family: FamilyView): number {
  const [now, setNow] = useState(() => performance.now());
  const [received, setReceived] = useState(() => ({ family, at: now }));
  if (received.family !== family) {
    setReceived({ family, at: performance.now() });
    setNow(performance.now());
  }
  const elapsed = (Date.parse(family.at) - Date.parse(family.rotated_at)) / 1000 + (now - received.at) / 1000;
  const isActive = family.generation > 1 && family.revoked_reason === null;
  const remaining = isActive ? Math.max(0, Math.ceil(family.policy.overlap - elapsed)) : 0;
  useEffect(() => {
    if (remaining === 0) return;
    const timer = setInterval(() => setNow(performance.now()), 250);
    return () => clearInterval(timer);
  }, [remaining]);
  return remaining;
}
