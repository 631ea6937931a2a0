import { useEffect, useState } from "react";
import type { FamilyView } from "./server.js";

/**
 * How many whole seconds the generation before the newest is still answered alike. Counted by this machine's steady clock
 * from when the view arrived, since its other clock may differ from the server's.
 */
export function useOverlapLeft(view: FamilyView): number {
  const [now, setNow] = useState(() => performance.now());
  const [seen, setSeen] = useState(() => ({ view, at: now }));
  if (seen.view !== view) {
    setSeen({ view, at: performance.now() });
    setNow(performance.now());
  }
  const passed = (Date.parse(view.at) - Date.parse(view.rotated_at)) / 1000 + (now - seen.at) / 1000;
  const isRunning = view.generation > 1 && view.revoked_reason === null;
  const left = isRunning ? Math.max(0, Math.ceil(view.policy.overlap - passed)) : 0;
  useEffect(() => {
    if (left === 0) return;
    const timer = setInterval(() => setNow(performance.now()), 250);
    return () => clearInterval(timer);
  }, [left]);
  return left;
}
