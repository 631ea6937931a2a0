import type { Session, SessionState } from "@heirloom/client";
import { SessionProvider, useSession } from "@heirloom/client/react";

/** A page that the server renders, and that takes over in the browser. */
export function Shop({ session, initialState }: { session: Session; initialState: SessionState }) {
  return (
    <SessionProvider session={session} initialState={initialState}>
      <Greeting />
      <form method="post" action="/logout">
        <button>Log out without a script</button>
      </form>
    </SessionProvider>
  );
}

function Greeting() {
  const { session, state } = useSession();
  if (state.status === "authenticated") {
    return (
      <>
        <h1>Hello {state.user.email}</h1>
        <button onClick={() => void session.logout()}>Log out</button>
      </>
    );
  }
  return <h1>{textOf(state)}</h1>;
}

function textOf(state: SessionState): string {
  if (state.status !== "anonymous") return state.status === "unreachable" ? "Unreachable" : "Welcome";
  if (state.over === "reused") return "Someone else may have used your session";
  return state.over === "logged_out" ? "You are logged out" : "Log in";
}
