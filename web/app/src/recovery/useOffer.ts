import { useEffect, useState } from "react";
import { useHeirloomUrl } from "../session/SessionContext.js";
import { loadOffer } from "./recoveryApi.js";
import type { Offer } from "./recoveryApi.js";
import { texts } from "../texts/index.js";

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

/** Until the server's minimum length is known, this hint names the smallest that a server can have. */
export function passwordHint(offer: Offer | null): string {
  return offer ? texts.passwordChange.hint(offer.password.min_length) : texts.passwordChange.hintOfAnyServer;
}
