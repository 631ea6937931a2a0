import { createContext, createElement, useContext, useSyncExternalStore } from "react";
import type { ReactElement, ReactNode } from "react";
import type { Session, SessionState } from "./types.js";

export interface SessionProviderProps {
  /** Create it once, outside of components: it belongs to the page and outlives every render. */
  readonly session: Session;
  readonly children?: ReactNode;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** Gives the components below it the session. */
export function SessionProvider({ session, children }: SessionProviderProps): ReactElement {
  return createElement(SessionContext.Provider, { value: session }, children);
}

/** A server renders this state. So does the first render in the browser, even if the page knows more by then. */
const SERVER_STATE: SessionState = { status: "restoring" };
const getServerState = () => SERVER_STATE;

/** The session and its state. The component renders again after each change of the state. */
export function useSession(): { readonly session: Session; readonly state: SessionState } {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession needs a SessionProvider above this component.");
  return { session, state: useSyncExternalStore(session.subscribe, session.getState, getServerState) };
}
