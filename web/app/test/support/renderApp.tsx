import { ProblemError } from "@heirloom/client";
import type { OverReason, Problem, Session, SessionState, User } from "@heirloom/client";
import { act, render } from "@testing-library/react";
import type { ComponentProps } from "react";
import userEvent from "@testing-library/user-event";
import { App } from "../../src/App.js";
import { RouterProvider } from "../../src/router.js";
import { SessionProvider } from "../../src/session/SessionContext.js";

const heirloom = new URL("http://localhost:3000/");

export const alice: User = {
  id: "00000000-0000-7000-8000-000000000001",
  email: "alice@example.com",
  email_verified: true,
  is_active: true,
  created_at: "2026-01-02T03:04:05Z",
};

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

export const info = {
  id: "00000000-0000-7000-8000-000000000002",
  expires_at: inDays(30),
  idle_expires_at: inDays(7),
};

export const authenticated: SessionState = { status: "authenticated", user: alice, session: info };
export const anonymous = (over?: OverReason): SessionState =>
  over ? { status: "anonymous", over } : { status: "anonymous" };

/** As the client does it. */
const request: Session["request"] = async <T,>(
  path: string,
  { method = "GET", body }: { method?: string; body?: unknown } = {},
) => {
  const response = await fetch(new URL(path, heirloom), { method, body: JSON.stringify(body) });
  const text = await response.text();
  if (response.ok) return JSON.parse(text || "null") as T;
  const problem = { ...(JSON.parse(text || "{}") as Problem), status: response.status };
  throw new ProblemError(problem, Number(response.headers.get("retry-after")) || undefined);
};

/** A session with the state and functions of a test. Other requests fail, and those of `request` go to the global `fetch`. */
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
    redeem: unexpected,
    reauthenticate: unexpected,
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
    request,
    close: () => undefined,
    ...overrides,
  };
  return { session, setState };
}

type Props = ComponentProps<typeof SessionProvider>;
const enabled = { get: () => false, subscribe: () => () => undefined };

/** Renders the whole app at this path. */
export function renderApp(path: string, session: Session, disabledAccount: Props["disabledAccount"] = enabled) {
  history.replaceState(null, "", `/app/${path}`);
  const user = userEvent.setup();
  const rendered = render(
    <RouterProvider base="/app/">
      <SessionProvider session={session} heirloom={heirloom} disabledAccount={disabledAccount}>
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
