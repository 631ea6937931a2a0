import { ProblemError } from "@heirloom/client";
import type { OverReason, Session, SessionState, User } from "@heirloom/client";
import { act, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "../../src/App.js";
import { RouterProvider } from "../../src/router.js";
import { SessionProvider } from "../../src/session/context.js";

export const alice: User = {
  id: "00000000-0000-7000-8000-000000000001",
  email: "alice@example.com",
  is_active: true,
  created_at: "2026-01-02T03:04:05Z",
};

const info = {
  id: "00000000-0000-7000-8000-000000000002",
  expires_at: "2026-02-01T00:00:00Z",
  idle_expires_at: "2026-01-09T00:00:00Z",
};

export const authenticated: SessionState = { status: "authenticated", user: alice, session: info };
export const anonymous = (over?: OverReason): SessionState =>
  over ? { status: "anonymous", over } : { status: "anonymous" };

/** A session whose state and answers the test decides. What is not decided fails. */
export function scripted(state: SessionState, answers: Partial<Session> = {}) {
  let now = state;
  const listeners = new Set<(state: SessionState) => void>();
  const become = (next: SessionState) =>
    act(() => {
      now = next;
      listeners.forEach((listener) => listener(next));
    });
  const undecided = () => Promise.reject(new Error("The test says nothing about this"));
  const session: Session = {
    getState: () => now,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    user: undecided,
    register: undecided,
    login: undecided,
    logout: undecided,
    logoutAll: undecided,
    fetch: undecided,
    accessToken: undecided,
    refresh: undecided,
    sessions: () => Promise.resolve([]),
    endSession: undecided,
    events: () => Promise.resolve({ events: [] }),
    changePassword: undecided,
    deleteAccount: undecided,
    close: () => undefined,
    ...answers,
  };
  return { session, become };
}

/** The whole app at one of its addresses. */
export function shows(address: string, session: Session) {
  history.replaceState(null, "", `/app/${address}`);
  const user = userEvent.setup();
  const page = render(
    <RouterProvider base="/app/">
      <SessionProvider session={session} heirloom={new URL("http://localhost:3000/")}>
        <App />
      </SessionProvider>
    </RouterProvider>,
  );
  return { user, ...page };
}

/** What Heirloom refuses with. */
export function refusal(status: number, code: string, more: object = {}, retryAfter?: number) {
  const problem = {
    type: `urn:heirloom:problem:${code}`,
    title: code,
    status,
    detail: `About ${code}.`,
    code,
    instance: "1",
    ...more,
  };
  return new ProblemError(problem, retryAfter);
}
