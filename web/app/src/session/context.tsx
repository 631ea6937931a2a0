import type { Session, SessionState } from "@heirloom/client";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { ReactNode } from "react";

interface Held {
  readonly session: Session;
  /** Where Heirloom is, with a slash at its end. */
  readonly heirloom: URL;
}

const SessionContext = createContext<Held | null>(null);

export function SessionProvider({ session, heirloom, children }: Held & { children: ReactNode }) {
  return <SessionContext value={{ session, heirloom }}>{children}</SessionContext>;
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
