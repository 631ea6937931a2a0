import type { SessionState } from "@heirloom/client";
import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage } from "../src/texts/index.js";
import { alice, anonymous, authenticated, fakeSession, info, problem, renderApp } from "./support/renderApp.js";

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const title = () => screen.getByRole("heading", { level: 1 }).textContent;

const offer = { registration: "open", recovery: true, password: { min_length: 12, max_length: 128 } };
type Answer = { status: number; body?: object; headers?: Record<string, string> };
/** What the server responds, by path, and the paths of what it received. */
let answers: Record<string, Answer>;
let sent: string[];

beforeEach(() => {
  sent = [];
  answers = { "/.well-known/heirloom": { status: 200, body: offer } };
  vi.stubGlobal("fetch", (input: URL, init?: RequestInit) => {
    const path = new URL(input).pathname;
    if (init?.method === "POST") sent.push(path);
    const { status, body, headers = {} } = answers[path] ?? { status: 204 };
    return Promise.resolve(new Response(body ? JSON.stringify(body) : null, { status, headers }));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  chooseLanguage(["en"]);
});

const refusal = (status: number, code: string, more: object = {}, headers = {}): Answer => ({
  status,
  body: { type: `urn:heirloom:problem:${code}`, title: code, status, detail: code, code, instance: "1", ...more },
  headers,
});

describe("field: a form of the recovery", () => {
  it.each([
    ["forgot-password", anonymous(), "Send the link", ["Email is required."]],
    ["#/reset-password?token=hll_abc", anonymous(), "Set the password", ["New password is required."]],
    ["account", authenticated, "Change email", ["New email is required.", "Your password is required."]],
  ])("is not sent while a field is empty: %s", async (page, state, button, messages) => {
    renderApp(page, fakeSession(state).session);
    await screen.findByRole("button", { name: button });
    click(button);
    for (const message of messages) expect(screen.getByText(message)).toBeTruthy();
    expect(document.activeElement?.getAttribute("aria-invalid")).toBe("true");
    expect(sent).toEqual([]);
  });

  it("counts down after too many requests", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    answers["/password/forgot"] = refusal(429, "too_many_attempts", {}, { "retry-after": "75" });
    renderApp("forgot-password", fakeSession(anonymous()).session);
    fireEvent.change(field("Email"), { target: { value: "alice@example.com" } });
    click("Send the link");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toBe("Too many attempts. Try again in 1 min 15 s.");
    await act(() => vi.advanceTimersByTimeAsync(76_000));
    expect(alert.textContent).toBe("You can try again now.");
  });

  it("marks the field that the server rejects", async () => {
    const errors = [{ field: "new_password", message: "must have at least 12 characters" }];
    answers["/password/reset"] = refusal(422, "validation_failed", { errors });
    const { user } = renderApp("#/reset-password?token=hll_abc", fakeSession(anonymous()).session);
    await screen.findByText(/Use at least 12 characters/);
    await user.type(field("New password"), "short{Enter}");
    expect(await screen.findByText("New password must have at least 12 characters.")).toBeTruthy();
    expect(document.activeElement).toBe(field("New password"));
  });

  it("shows what is wrong with a value that has no field", async () => {
    answers["/email/verify"] = refusal(422, "validation_failed", {
      errors: [{ field: "token", message: "must be at most 2048 bytes long" }],
    });
    const { user } = renderApp("#/verify-email?token=hll_abc", fakeSession(anonymous()).session);
    await user.click(await screen.findByRole("button", { name: "Confirm" }));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("token must be at most 2048 bytes long.");
    expect(alert.closest(".visually-hidden")).toBeNull();
  });

  it.each(["reset-password", "verify-email", "confirm-email", "undo-email"])(
    "is not shown for a link without its token: %s",
    async (page) => {
      renderApp(`#/${page}`, fakeSession(anonymous()).session);
      expect((await screen.findByRole("alert")).textContent).toContain(
        "This link was used already, or it is incomplete.",
      );
      expect(screen.queryByRole("button")).toBeNull();
      expect(!!screen.queryByRole("link", { name: "Request another link" })).toBe(page === "reset-password");
    },
  );

  it("is in German too", async () => {
    chooseLanguage(["de"]);
    answers["/password/reset"] = refusal(401, "link_expired");
    const { user, unmount } = renderApp("#/reset-password?token=hll_abc", fakeSession(anonymous()).session);
    expect(title()).toBe("Neues Passwort wählen");
    await user.type(field("Neues Passwort"), "vier Lampen im Keller{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("Dieser Link ist abgelaufen. Neuen Link anfordern");
    await user.click(screen.getByRole("link", { name: "Neuen Link anfordern" }));
    expect(title()).toBe("Passwort vergessen?");
    click("Link senden");
    expect(screen.getByText("E-Mail: bitte ausfüllen.")).toBeTruthy();
    unmount();
    for (const [page, heading] of [
      ["verify-email", "E-Mail-Adresse bestätigen"],
      ["confirm-email", "Neue E-Mail-Adresse bestätigen"],
      ["undo-email", "Änderung der Adresse rückgängig machen"],
    ] as const) {
      const rendered = renderApp(`#/${page}?token=hll_abc`, fakeSession(anonymous()).session);
      expect(title()).toBe(heading);
      rendered.unmount();
    }
  });
});

describe("field: after a link was used, the page looks again", () => {
  /** The user, as the server knows it now. */
  const changed = { ...alice, email: "new@example.com" };

  it("at an address that has changed", async () => {
    const { session, setState } = fakeSession(authenticated, {
      refresh() {
        setState({ status: "authenticated", user: changed, session: info });
        return Promise.resolve();
      },
    });
    const { user } = renderApp("#/confirm-email?token=hll_abc", session);
    await user.click(await screen.findByRole("button", { name: "Change the address" }));
    await user.click(await screen.findByRole("link", { name: "Go to your account" }));
    expect(screen.getByRole("main").textContent).toContain("new@example.com");
  });

  it.each([
    ["#/reset-password?token=hll_abc", "Set the password"],
    ["#/undo-email?token=hll_abc", "Undo the change"],
  ])("at a session that has ended: %s", async (page, button) => {
    const fake = fakeSession(authenticated);
    fake.session.refresh = () => {
      fake.setState(anonymous("revoked"));
      return Promise.reject(problem(401, "session_revoked"));
    };
    const { user } = renderApp(page, fake.session);
    if (page.includes("reset")) await user.type(field("New password"), "four lamps in the cellar");
    expect(screen.getByRole("button", { name: "Log out" })).toBeTruthy();
    click(button);
    await screen.findByRole("status");
    expect(screen.queryByRole("button", { name: "Log out" })).toBeNull();
  });

  it("on return, at an address that another page has confirmed", async () => {
    const unconfirmed = { ...alice, email_verified: false };
    const state: SessionState = { status: "authenticated", user: unconfirmed, session: info };
    const { session, setState } = fakeSession(state, { fetch: () => Promise.resolve(Response.json(alice)) });
    renderApp("account", session);
    await screen.findByText(/not confirmed/);
    fireEvent(window, new Event("focus"));
    await vi.waitFor(() => expect(screen.queryByText(/not confirmed/)).toBeNull());
    // The session itself loads a user later.
    setState({ ...state, user: { ...alice, email: "new@example.com" } });
    expect(screen.getByRole("main").textContent).toContain("new@example.com");
  });
});

describe("field: what the server offers", () => {
  it("has no form to register where registration is closed, and the login does not lead to one", async () => {
    answers["/.well-known/heirloom"] = { status: 200, body: { ...offer, registration: "closed" } };
    const { unmount } = renderApp("register", fakeSession(anonymous()).session);
    expect((await screen.findByText(/^Registration is closed/)).closest("[role=status]")).toBeTruthy();
    expect(screen.queryByLabelText("Email")).toBeNull();
    unmount();
    renderApp("login", fakeSession(anonymous()).session);
    await vi.waitFor(() => expect(screen.queryByText(/New here/)).toBeNull());
  });

  it("replaces the form to register once the mail is sent, and names the address", async () => {
    const register = () => Promise.resolve({ message: "Check your mail." } as never);
    const { user } = renderApp("register", fakeSession(anonymous(), { register }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    await screen.findByText(/^Check the mail of alice@example\.com/);
    expect(screen.queryByLabelText("Email")).toBeNull();
    click("Use another address");
    expect(field("Email").value).toBe("");
  });

  it("names the operator to a user with a forgotten password where the server sends no mails", async () => {
    answers["/.well-known/heirloom"] = { status: 200, body: { ...offer, recovery: false } };
    renderApp("login", fakeSession(anonymous()).session);
    expect(await screen.findByText("Forgot your password? Contact the operator of this service.")).toBeTruthy();
  });
});

describe("field: the page for password managers", () => {
  it.each(["#/password", "password"])("opens the section with the password: %s", async (page) => {
    renderApp(page, fakeSession(authenticated).session);
    await screen.findByRole("heading", { name: "Your account" });
    expect(location.pathname).toBe("/app/account");
    expect(document.activeElement?.textContent).toBe("Password");
  });

  it("does so after a login too", () => {
    const { session, setState } = fakeSession(anonymous());
    renderApp("#/password", session);
    expect(title()).toBe("Log in");
    setState(authenticated);
    expect(location.pathname).toBe("/app/account");
    expect(document.activeElement?.textContent).toBe("Password");
  });
});
