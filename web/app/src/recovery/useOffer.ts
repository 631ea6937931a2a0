import { useEffect, useState } from "react";
import { useHeirloomUrl } from "../session/SessionContext.js";
import { loadOffer } from "./recoveryApi.js";
import type { Offer } from "./recoveryApi.js";

/** What the server offers; null until that is known. A page works without it. */
export function useOffer(): Offer | null {
  const heirloom = useHeirloomUrl();
  const [offer, setOffer] = useState<Offer | null>(null);
  useEffect(() => {
    let isCurrent = true;
    loadOffer(heirloom).then(
      (offer) => isCurrent && setOffer(offer),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [heirloom]);
  return offer;
}
