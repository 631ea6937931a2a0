// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createSession, type Session, type SessionState } from "../src/index.js";
import { SessionProvider, useSession } from "../src/react.js";

afterEach(cleanup);

const ALICE = {
  id: "1",
  email: "alice@example.com",
  email_verified: true,
  is_active: true,
  created_at: "2026-01-01T00:00:00Z",
};
const info = { id: "2", expires_at: "2030-01-01T00:00:00Z", idle_expires_at: "2029-01-01T00:00:00Z" };
const authenticated: SessionState = { status: "authenticated", user: ALICE, session: info };

/** A session whose state the test sets. Its functions never respond. */
function fakeSession(initial: SessionState) {
  let state = initial;
  const listeners = new Set<(state: SessionState) => void>();
  const session = {
    ...createSession({ baseUrl: "https://auth.example", restore: false }),
    getState: () => state,
    subscribe: (listener: (state: SessionState) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const set = (next: SessionState) => {
    state = next;
    for (const listener of listeners) listener(next);
  };
  return { session, listeners, set };
}

function Status() {
  const { state } = useSession();
  return <p role="status">{state.status === "authenticated" ? state.user.email : state.status}</p>;
}

const app = (session: Session) => (
  <StrictMode>
    <SessionProvider session={session}>
      <Status />
      <Status />
    </SessionProvider>
  </StrictMode>
);

describe("field: @heirloom/client/react", () => {
  test("a component renders the state, and renders again after each change", () => {
    const { session, set } = fakeSession({ status: "restoring" });
    render(app(session));
    const texts = () => screen.getAllByRole("status").map(({ textContent }) => textContent);
    expect(texts()).toEqual(["restoring", "restoring"]);
    act(() => set(authenticated));
    expect(texts()).toEqual(["alice@example.com", "alice@example.com"]);
    act(() => set({ status: "anonymous", over: "expired" }));
    expect(texts()).toEqual(["anonymous", "anonymous"]);
  });

  test("in strict mode it subscribes once for each component, and unsubscribes when it is removed", () => {
    const { session, listeners } = fakeSession(authenticated);
    const close = vi.spyOn(session, "close");
    const { unmount } = render(app(session));
    expect(listeners.size).toBe(2);
    unmount();
    expect(listeners.size).toBe(0);
    expect(close).not.toHaveBeenCalled();
  });

  test("a component gets the functions of the session", () => {
    const { session } = fakeSession(authenticated);
    let given: Session | undefined;
    function Button() {
      given = useSession().session;
      return null;
    }
    render(
      <SessionProvider session={session}>
        <Button />
      </SessionProvider>,
    );
    expect(given).toBe(session);
  });

  test("a server renders that the session is being restored, whatever the page knows by then", async () => {
    const { session } = fakeSession(authenticated);
    const html = renderToString(app(session));
    expect(html).toContain(">restoring</p>");

    const root = document.createElement("div");
    root.innerHTML = html;
    document.body.append(root);
    const errors: unknown[] = [];
    const log = vi.spyOn(console, "error").mockImplementation((...error) => void errors.push(error));
    const hydrated = await act(() =>
      hydrateRoot(root, app(session), { onRecoverableError: (error) => errors.push(error) }),
    );
    expect(root.textContent).toBe("alice@example.comalice@example.com");
    expect(errors).toEqual([]);
    act(() => hydrated.unmount());
    log.mockRestore();
    root.remove();
  });

  test("without a provider, the error says what is missing", () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(() => render(<Status />)).toThrow("useSession needs a SessionProvider above this component.");
    log.mockRestore();
  });
});
