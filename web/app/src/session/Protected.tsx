import type { SessionInfo, User } from "@heirloom/client";
import type { ReactNode } from "react";
import { Redirect, useRouter } from "../router.js";
import { LoadingPage } from "./LoadingPage.js";
import { useIsAccountDisabled, useSessionState } from "./SessionContext.js";
import { SessionEnded } from "./SessionEnded.js";
import { UnreachablePage } from "./UnreachablePage.js";
import { useSessionCheck } from "./useSessionCheck.js";

/** A page for logged-in users. Otherwise it says why the session has ended, or redirects to the login page. */
export function Protected({ children }: { children: (user: User, session: SessionInfo) => ReactNode }) {
  const state = useSessionState();
  const isDisabled = useIsAccountDisabled();
  const { page } = useRouter().route;
  switch (state.status) {
    case "restoring":
      return <LoadingPage />;
    case "unreachable":
      return <UnreachablePage />;
    case "anonymous":
      if (isDisabled && state.over !== "logged_out") return <SessionEnded reason="disabled" next={page} />;
      return state.over ? <SessionEnded reason={state.over} next={page} /> : <Redirect to={`login?next=${page}`} />;
    case "authenticated":
      return <Checked session={state.session}>{children(state.user, state.session)}</Checked>;
  }
}

function Checked({ session, children }: { session: SessionInfo; children: ReactNode }) {
  useSessionCheck(session);
  return children;
}
