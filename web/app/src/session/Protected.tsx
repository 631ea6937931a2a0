import type { SessionInfo, User } from "@heirloom/client";
import type { ReactNode } from "react";
import { Redirect, useRouter } from "../router.js";
import { useSessionState } from "./context.js";
import { SessionOver } from "./SessionOver.js";
import { Unreachable, Waiting } from "./Waiting.js";

/** A page for somebody who is logged in; anybody else is told why it is not shown, or led to the login. */
export function Protected({ children }: { children: (user: User, session: SessionInfo) => ReactNode }) {
  const state = useSessionState();
  const { page } = useRouter().route;
  switch (state.status) {
    case "restoring":
      return <Waiting />;
    case "unreachable":
      return <Unreachable />;
    case "anonymous":
      return state.over ? <SessionOver reason={state.over} next={page} /> : <Redirect to={`login?next=${page}`} />;
    case "authenticated":
      return children(state.user, state.session);
  }
}
