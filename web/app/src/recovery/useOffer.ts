import { ProblemError } from "@heirloom/client";
import { loadOffer } from "@heirloom/client/account";
import type { Offer } from "@heirloom/client/account";
import { useEffect, useState } from "react";
import { useSession } from "../session/SessionContext.js";
import { texts } from "../texts/index.js";

/** The part that the app follows. */
export type KnownOffer = Pick<Offer, "registration" | "recovery" | "password">;

/** An older server has no such document. */
const olderServer: KnownOffer = {
  registration: "open",
  recovery: false,
  password: { min_length: 8, max_length: 128 },
};

/** What the server offers; null until that is known. A page works without it. */
export function useOffer(): KnownOffer | null {
  const session = useSession();
  const [offer, setOffer] = useState<KnownOffer | null>(null);
  useEffect(() => {
    let isCurrent = true;
    loadOffer(session).then(
      (offer) => isCurrent && setOffer(offer),
      (error: unknown) => {
        if (isCurrent && error instanceof ProblemError && error.status === 404) setOffer(olderServer);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [session]);
  return offer;
}

/** Until the server's minimum length is known, this hint names the smallest that a server can have. */
export function passwordHint(offer: KnownOffer | null): string {
  return offer ? texts.passwordChange.hint(offer.password.min_length) : texts.passwordChange.hintOfAnyServer;
}
