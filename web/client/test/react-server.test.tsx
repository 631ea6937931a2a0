// @vitest-environment jsdom
import { act } from "@testing-library/react";
import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSession, type Session, type SessionState } from "../src/index.js";
import { SessionProvider, useSession } from "../src/react.js";

const alice = {
  id: "1",
  email: "alice@example.com",
  email_verified: true,
  is_active: true,
  created_at: "2026-01-01T00:00:00Z",
};
const info = { id: "2", expires_at: "2030-01-01T00:00:00Z", idle_expires_at: "2029-01-01T00:00:00Z" };
const ALICE: SessionState = { status: "authenticated", user: alice, session: info };
const BOB: SessionState = { status: "authenticated", user: { ...alice, email: "bob@example.com" }, session: info };
const RESTORING: SessionState = { status: "restoring" };
const textOf = (state: SessionState) =>
  state.status === "authenticated"
    ? (state.user.email ?? state.user.id)
    : state.status === "anonymous"
      ? (state.over ?? "log in")
      : state.status;

/** Everything that a component has rendered in the browser. */
let rendered: string[];
let errors: unknown[];
let root: HTMLElement;

beforeEach(() => {
  rendered = [];
  errors = [];
  vi.spyOn(console, "error").mockImplementation((...error) => void errors.push(error));
  root = document.createElement("div");
  document.body.append(root);
});
afterEach(() => {
  root.remove();
  vi.restoreAllMocks();
  expect(errors).toEqual([]);
});

/** The session of a page, whose state the test sets. */
function pageSession(state: SessionState = RESTORING) {
  const listeners = new Set<(state: SessionState) => void>();
  const session: Session = {
    ...createSession({ baseUrl: "https://auth.example", restore: false }),
    getState: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const becomes = (next: SessionState) =>
    act(() => {
      state = next;
      for (const listener of listeners) listener(next);
    });
  return { session, becomes };
}

function Status() {
  const text = textOf(useSession().state);
  rendered.push(text);
  return <p>{text}</p>;
}

const app = (session: Session, initialState?: SessionState) => (
  <StrictMode>
    <SessionProvider session={session} initialState={initialState}>
      <Status />
    </SessionProvider>
  </StrictMode>
);

/** The server has rendered this state, and the page takes over. */
async function hydrate(initialState: SessionState, state?: SessionState) {
  // Node has one session for all requests, which knows nothing.
  root.innerHTML = renderToString(app(createSession({ baseUrl: "/auth" }), initialState));
  expect(root.textContent).toBe(textOf(initialState));
  rendered = [];
  const page = pageSession(state);
  // As it comes out of the HTML.
  const received = JSON.parse(JSON.stringify(initialState)) as SessionState;
  await act(() =>
    hydrateRoot(root, app(page.session, received), { onRecoverableError: (error) => errors.push(error) }),
  );
  return page;
}

describe("a page whose server has rendered the session", () => {
  test("greets the user at once, and never shows another state", async () => {
    const { becomes } = await hydrate(ALICE);
    becomes({ ...ALICE, session: { ...info, idle_expires_at: "2029-02-01T00:00:00Z" } });
    expect(new Set(rendered)).toEqual(new Set(["alice@example.com"]));
  });

  test("follows the page's own state from then on", async () => {
    const { becomes } = await hydrate(ALICE);
    becomes(ALICE);
    becomes({ status: "anonymous", over: "reused" });
    expect(root.textContent).toBe("reused");
    becomes({ status: "anonymous" });
    expect(root.textContent).toBe("log in");
    becomes(RESTORING);
    expect(root.textContent).toBe("restoring");
    becomes(BOB);
    expect(root.textContent).toBe("bob@example.com");
  });

  test("does not show the former user while another logs in", async () => {
    const { becomes } = await hydrate(ALICE);
    becomes(ALICE);
    becomes(RESTORING);
    expect(root.textContent).toBe("restoring");
  });

  test("hydrates what the server has rendered, even if the page knows more by then", async () => {
    await hydrate(ALICE, { status: "anonymous", over: "expired" });
    expect(rendered[0]).toBe("alice@example.com");
    expect(root.textContent).toBe("expired");
  });

  test("says that the session has ended, though the page finds no cookie any more", async () => {
    const { becomes } = await hydrate({ status: "anonymous", over: "reused" });
    becomes({ status: "anonymous" });
    expect(new Set(rendered)).toEqual(new Set(["reused"]));
    becomes(BOB);
    becomes({ status: "anonymous" });
    expect(root.textContent).toBe("log in");
  });

  test("shows that the user is logged in, if the server has not seen the cookie", async () => {
    const { becomes } = await hydrate({ status: "anonymous" });
    expect(root.textContent).toBe("log in");
    becomes(ALICE);
    expect(root.textContent).toBe("alice@example.com");
  });

  test("shows that Heirloom is unreachable", async () => {
    const { becomes } = await hydrate(ALICE);
    becomes({ status: "unreachable", cause: "network" });
    expect(root.textContent).toBe("unreachable");
  });
});

test("one process renders pages of many users with one session, and none sees another", async () => {
  const session = createSession({ baseUrl: "/auth" });
  const states = Array.from({ length: 20 }, (): SessionState[] => [ALICE, BOB, { status: "anonymous" }]).flat();
  const pages = await Promise.all(
    states.map(async (state) => {
      await Promise.resolve();
      return renderToString(app(session, state));
    }),
  );
  expect(pages.map((page) => page.replace(/<\/?p>/g, ""))).toEqual(states.map(textOf));
});
