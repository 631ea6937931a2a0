import type { Session, SessionState, User } from "@heirloom/client";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import type { DisabledAccount } from "./disabledAccount.js";
import { createLastUser } from "./lastUser.js";
import type { LastUser } from "./lastUser.js";
import { createLogoutStore } from "./logoutStore.js";
import type { LogoutStatus, LogoutStore } from "./logoutStore.js";
import { probeServer, unknownServer } from "./server.js";
import type { Server } from "./server.js";

interface Props {
  readonly session: Session;
  /** The URL of Heirloom, with a slash at its end. */
  readonly heirloom: URL;
  readonly disabledAccount: Pick<DisabledAccount, "get" | "subscribe">;
}

interface Context extends Props {
  readonly logoutStore: LogoutStore;
  readonly lastUser: LastUser;
  readonly server: Server;
  readonly newer: NewerUser | null;
  readonly reportUser: (user: User) => void;
}

/** A user that was loaded after the one in the session state. */
interface NewerUser {
  readonly user: User;
  /** The one in the session state at that time. */
  readonly former: User;
}

const SessionContext = createContext<Context | null>(null);

export function SessionProvider({ session, heirloom, disabledAccount, children }: Props & { children: ReactNode }) {
  const logoutStore = useMemo(() => createLogoutStore(session, heirloom.href), [session, heirloom]);
  const lastUser = useMemo(() => createLastUser(session, heirloom.href), [session, heirloom]);
  const [server, setServer] = useState(unknownServer);
  useEffect(() => logoutStore.connect(), [logoutStore]);
  useEffect(() => lastUser.connect(), [lastUser]);
  useEffect(() => void probeServer(heirloom).then(setServer, () => undefined), [heirloom]);
  const [newer, setNewer] = useState<NewerUser | null>(null);
  const reportUser = useCallback(
    (user: User) => {
      const state = session.getState();
      if (state.status === "authenticated" && state.user.id === user.id) setNewer({ user, former: state.user });
    },
    [session],
  );
  const context = useMemo(
    () => ({ session, heirloom, disabledAccount, logoutStore, lastUser, server, newer, reportUser }),
    [session, heirloom, disabledAccount, logoutStore, lastUser, server, newer, reportUser],
  );
  return <SessionContext value={context}>{children}</SessionContext>;
}

function useSessionContext(): Context {
  const context = useContext(SessionContext);
  if (!context) throw new Error("useSession needs a SessionProvider");
  return context;
}

export function useSession(): Session {
  return useSessionContext().session;
}

export function useHeirloomUrl(): URL {
  return useSessionContext().heirloom;
}

/** The session state. The session loads its user with a refresh only, so the user may be one that was loaded later. */
export function useSessionState(): SessionState {
  const { session, newer } = useSessionContext();
  const state = useSyncExternalStore(session.subscribe, session.getState);
  return useMemo(
    () => (state.status === "authenticated" && newer?.former === state.user ? { ...state, user: newer.user } : state),
    [state, newer],
  );
}

/** Returns the function that reports a user who was just loaded. */
export function useReportUser(): (user: User) => void {
  return useSessionContext().reportUser;
}

/** The functions that log the user out. */
export function useLogout(): LogoutStore {
  return useSessionContext().logoutStore;
}

/** The last logout in this tab, or in another tab that sent the details. */
export function useLogoutStatus(): LogoutStatus | null {
  const { get, subscribe } = useLogout();
  return useSyncExternalStore(subscribe, get);
}

/** Whether the user is logged out because the account is disabled. */
export function useIsAccountDisabled(): boolean {
  const { get, subscribe } = useSessionContext().disabledAccount;
  return useSyncExternalStore(subscribe, get);
}

export function useLastUser(): LastUser {
  return useSessionContext().lastUser;
}

/** What is known about the server so far. */
export function useServer(): Server {
  return useSessionContext().server;
}
