import { fireEvent, screen, within } from "@testing-library/react";
import { act } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { watchForDisabledAccount } from "../src/session/disabledAccount.js";
import { anonymous, authenticated, fakeSession, problem, renderApp } from "./support/renderApp.js";

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const title = () => screen.getByRole("heading", { level: 1 }).textContent;

describe("field: a form with empty fields", () => {
  it("is not sent, and names each field", async () => {
    const login = vi.fn(() => Promise.reject(problem(401, "invalid_credentials")));
    const { user } = renderApp("login", fakeSession(anonymous(), { login }).session);
    await user.type(field("Email"), "  ");
    click("Log in");
    expect(screen.getByText("Email is required.")).toBeTruthy();
    expect(screen.getByText("Password is required.")).toBeTruthy();
    expect(document.activeElement).toBe(field("Email"));
    await user.clear(field("Email"));
    await user.type(field("Email"), "alice@example.com{Enter}");
    expect(screen.queryByText("Email is required.")).toBeNull();
    expect(document.activeElement).toBe(field("Password"));
    expect(login).not.toHaveBeenCalled();
    await user.type(field("Password"), " {Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("The email address or the password is wrong.");
    expect(login).toHaveBeenCalledExactlyOnceWith({ email: "alice@example.com", password: " " });
  });

  it("hides the last response, which is about other input", async () => {
    const login = () => Promise.reject(problem(401, "invalid_credentials"));
    const { user } = renderApp("login", fakeSession(anonymous(), { login }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "lamps{Enter}");
    await screen.findByText("The email address or the password is wrong.");
    await user.clear(field("Password"));
    click("Log in");
    expect(screen.queryByText("The email address or the password is wrong.")).toBeNull();
    expect(screen.getByText("Password is required.")).toBeTruthy();
  });

  it.each([
    ["a registration", "register", anonymous(), "Create account", ["Email is required.", "Password is required."]],
    [
      "a password change",
      "account",
      authenticated,
      "Change password",
      ["Current password is required.", "New password is required."],
    ],
  ])("is not sent: %s", (_, page, state, button, messages) => {
    // A request would be unexpected, with another message.
    renderApp(page, fakeSession(state).session);
    click(button);
    for (const message of messages) expect(screen.getByText(message)).toBeTruthy();
  });

  it("is not sent: the deletion of an account", () => {
    renderApp("account", fakeSession(authenticated).session);
    click("Delete account");
    fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Delete account" }));
    expect(screen.getByText("Password is required.")).toBeTruthy();
  });
});

describe("field: throttling", () => {
  afterEach(() => vi.useRealTimers());

  it("counts down, and says when to try again", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    const login = vi.fn(() => Promise.reject(problem(429, "too_many_attempts", {}, 75)));
    renderApp("login", fakeSession(anonymous(), { login }).session);
    fireEvent.change(field("Email"), { target: { value: "alice@example.com" } });
    fireEvent.change(field("Password"), { target: { value: "lamps" } });
    click("Log in");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toBe("Too many attempts. Try again in 1 min 15 s.");
    // A screen reader does not announce each second.
    expect(within(alert).getByRole("timer").getAttribute("aria-live")).toBe("off");
    await act(() => vi.advanceTimersByTimeAsync(16_000));
    expect(alert.textContent).toBe("Too many attempts. Try again in 59 s.");
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(alert.textContent).toBe("You can try again now.");
    login.mockImplementation(() => Promise.reject(problem(401, "invalid_credentials")));
    click("Log in");
    expect((await screen.findByRole("alert")).textContent).toBe("The email address or the password is wrong.");
  });
});

describe("field: a visitor whose session has expired", () => {
  it("is told so, and finds the email filled in", async () => {
    const { session, setState } = fakeSession(authenticated);
    const { user } = renderApp("account", session);
    setState(anonymous("expired"));
    expect(title()).toBe("Your session has expired");
    await user.click(screen.getByRole("link", { name: "Log in again" }));
    expect(field("Email").value).toBe("alice@example.com");
    expect(field("Password").value).toBe("");
  });

  it("is told so too when the page was closed meanwhile", async () => {
    renderApp("account", fakeSession(authenticated).session).unmount();
    const { user } = renderApp("account", fakeSession(anonymous()).session);
    expect(screen.getByRole("status").textContent).toMatch(/^Your session has expired\. Log in again/);
    expect(field("Email").value).toBe("alice@example.com");
    await user.click(screen.getByRole("button", { name: "Not you?" }));
    expect(field("Email").value).toBe("");
    expect(screen.queryByText(/session has expired/)).toBeNull();
    expect(localStorage.length).toBe(0);
  });

  it.each(["revoked", "reused"] as const)(
    "is not told so after the session was %s, but the email is filled in",
    (over) => {
      const { session, setState } = fakeSession(authenticated);
      const { unmount } = renderApp("account", session);
      setState(anonymous(over));
      unmount();
      renderApp("login", fakeSession(anonymous()).session);
      expect(screen.queryByText(/session has expired/)).toBeNull();
      expect(field("Email").value).toBe("alice@example.com");
    },
  );

  it("is not remembered after a logout", () => {
    const { session, setState } = fakeSession(authenticated);
    const { unmount } = renderApp("account", session);
    expect(localStorage.length).toBe(1);
    setState(anonymous("logged_out"));
    unmount();
    expect(localStorage.length).toBe(0);
    renderApp("login", fakeSession(anonymous()).session);
    expect(screen.queryByText(/session has expired/)).toBeNull();
    expect(field("Email").value).toBe("");
  });

  it("can log in where the browser blocks storage", () => {
    const blocked = vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    });
    renderApp("login", fakeSession(anonymous()).session);
    expect(title()).toBe("Log in");
    blocked.mockRestore();
  });
});

describe("field: a disabled account", () => {
  const heirloom = new URL("http://localhost:3000/auth/");
  const watch = (status: number, body: object) =>
    watchForDisabledAccount(heirloom, () => Promise.resolve(Response.json(body, { status })));

  it.each([
    ["refresh", 401, { code: "session_revoked", reason: "disabled" }, true],
    ["refresh", 403, { code: "account_disabled" }, true],
    ["login", 403, { code: "account_disabled" }, true],
    ["refresh", 401, { code: "session_revoked", reason: "admin" }, false],
    ["refresh", 200, { access_token: "a" }, false],
    ["refresh", 503, { code: "unavailable" }, false],
    ["sessions", 403, { code: "account_disabled" }, false],
  ])("is noticed in the response: %s, %d, %o", async (path, status, body, expected) => {
    const watched = watch(status, body);
    const response = await watched.fetch(new URL(path, heirloom));
    expect(watched.get()).toBe(expected);
    expect(await response.json()).toEqual(body);
  });

  it.each([["revoked"], [undefined]] as const)("is told so in place of the page: %s", async (over) => {
    const watched = watch(401, { code: "session_revoked", reason: "disabled" });
    const { session, setState } = fakeSession(authenticated);
    renderApp("account", session, watched);
    await act(() => watched.fetch(new URL("refresh", heirloom)));
    expect(title()).toBe("Your account");
    setState(anonymous(over));
    expect(title()).toBe("Your account is disabled");
    expect(screen.getByText(/Contact the operator of this service/)).toBeTruthy();
  });

  it("is told so in the other tabs too", async () => {
    const [one, other] = [watch(401, { code: "session_revoked", reason: "disabled" }), watch(401, {})];
    await one.fetch(new URL("refresh", heirloom));
    await vi.waitFor(() => expect(other.get()).toBe(true));
  });
});
