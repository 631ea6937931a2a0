import { createContext, createElement, useContext, useMemo, useSyncExternalStore } from "react";
import type { ReactElement, ReactNode } from "react";
import type { Session, SessionState } from "./types.js";

export interface SessionProviderProps {
  /** Create it once, outside of components: it belongs to the page and outlives every render. */
  readonly session: Session;
  /**
   * The state that the server has rendered, from `@heirloom/client/server`. Pass the same on the server and in the browser. It
   * counts until the page knows the state itself.
   */
  readonly initialState?: SessionState | undefined;
  readonly children?: ReactNode;
}

interface Provided {
  readonly session: Session;
  readonly getState: () => SessionState;
  readonly getServerState: () => SessionState;
  readonly subscribe: (listener: () => void) => () => void;
}

const SessionContext = createContext<Provided | undefined>(undefined);

/** Gives the components below it the session. */
export function SessionProvider({ session, initialState, children }: SessionProviderProps): ReactElement {
  const provided = useMemo(() => provide(session, initialState), [session, JSON.stringify(initialState)]);
  return createElement(SessionContext.Provider, { value: provided }, children);
}

/** Without an initial state, a server renders this one. So does the first render in the browser, even if the page knows more. */
const SERVER_STATE: SessionState = { status: "restoring" };

function provide(session: Session, initialState: SessionState = SERVER_STATE): Provided {
  let isKnown = false;

  function getState(): SessionState {
    const state = session.getState();
    if (isKnown) return state;
    // The server has used up the reason why the session has ended: the page finds no cookie any more.
    if (initialState.status === "anonymous" && state.status === "anonymous" && !state.over) return initialState;
    // A later `restoring` belongs to another login.
    isKnown = state.status !== "restoring";
    return isKnown ? state : initialState;
  }

  return {
    session,
    getState,
    getServerState: () => initialState,
    subscribe: (listener) =>
      session.subscribe(() => {
        getState();
        listener();
      }),
  };
}

/** The session and its state. The component renders again after each change of the state. */
export function useSession(): { readonly session: Session; readonly state: SessionState } {
  const provided = useContext(SessionContext);
  if (!provided) throw new Error("useSession needs a SessionProvider above this component.");
  const { session, subscribe, getState, getServerState } = provided;
  return { session, state: useSyncExternalStore(subscribe, getState, getServerState) };
}
