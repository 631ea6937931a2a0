import type { Session, SessionState } from "@heirloom/client";
import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { farewellsOf } from "./farewell.js";
import type { Farewell, Farewells } from "./farewell.js";

interface Props {
  readonly session: Session;
  /** Where Heirloom is, with a slash at its end. */
  readonly heirloom: URL;
}

interface Held extends Props {
  readonly farewells: Farewells;
}

const SessionContext = createContext<Held | null>(null);

export function SessionProvider({ session, heirloom, children }: Props & { children: ReactNode }) {
  const farewells = useMemo(() => farewellsOf(session, heirloom.href), [session, heirloom]);
  useEffect(() => farewells.open(), [farewells]);
  const held = useMemo(() => ({ session, heirloom, farewells }), [session, heirloom, farewells]);
  return <SessionContext value={held}>{children}</SessionContext>;
}

function useHeld(): Held {
  const held = useContext(SessionContext);
  if (!held) throw new Error("There is no SessionProvider around this");
  return held;
}

export function useSession(): Session {
  return useHeld().session;
}

export function useHeirloomUrl(): URL {
  return useHeld().heirloom;
}

/** What is known of the session, always the newest. */
export function useSessionState(): SessionState {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, session.getState);
}

/** The ways to leave. */
export function useFarewells(): Farewells {
  return useHeld().farewells;
}

/** How the user has left, if it was here or in another tab that told why. */
export function useFarewell(): Farewell | null {
  const { get, subscribe } = useFarewells();
  return useSyncExternalStore(subscribe, get);
}
