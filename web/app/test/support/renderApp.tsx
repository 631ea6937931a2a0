import { ProblemError } from "@heirloom/client";
import type { OverReason, Session, SessionState, User } from "@heirloom/client";
import { act, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "../../src/App.js";
import { RouterProvider } from "../../src/router.js";
import { SessionProvider } from "../../src/session/SessionContext.js";

export const alice: User = {
  id: "00000000-0000-7000-8000-000000000001",
  email: "alice@example.com",
  email_verified: true,
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

/** A session with the state and functions of a test. Other requests fail. */
export function fakeSession(state: SessionState, overrides: Partial<Session> = {}) {
  let current = state;
  const listeners = new Set<(state: SessionState) => void>();
  const setState = (next: SessionState) =>
    act(() => {
      current = next;
      listeners.forEach((listener) => listener(next));
    });
  const unexpected = () => Promise.reject(new Error("The test does not expect this request"));
  const session: Session = {
    getState: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    user: unexpected,
    register: unexpected,
    login: unexpected,
    logout: unexpected,
    logoutAll: unexpected,
    fetch: unexpected,
    accessToken: unexpected,
    refresh: unexpected,
    sessions: () => Promise.resolve([]),
    endSession: unexpected,
    events: () => Promise.resolve({ events: [] }),
    changePassword: unexpected,
    deleteAccount: unexpected,
    close: () => undefined,
    ...overrides,
  };
  return { session, setState };
}

/** Renders the whole app at this path. */
export function renderApp(path: string, session: Session) {
  history.replaceState(null, "", `/app/${path}`);
  const user = userEvent.setup();
  const rendered = render(
    <RouterProvider base="/app/">
      <SessionProvider session={session} heirloom={new URL("http://localhost:3000/")}>
        <App />
      </SessionProvider>
    </RouterProvider>,
  );
  return { user, ...rendered };
}

/** An error response of Heirloom. */
export function problem(status: number, code: string, more: object = {}, retryAfter?: number) {
  const body = {
    type: `urn:heirloom:problem:${code}`,
    title: code,
    status,
    detail: `About ${code}.`,
    code,
    instance: "1",
    ...more,
  };
  return new ProblemError(body, retryAfter);
}
