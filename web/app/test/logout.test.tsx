import { fireEvent, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { anonymous, authenticated, problem, fakeSession, renderApp } from "./support/renderApp.js";

const title = () => screen.getByRole("heading", { level: 1 }).textContent;

/** The session ends at once, as in the client. The test decides whether the server confirms it. */
function sessionWithLogout(send: () => Promise<void>) {
  const fake = fakeSession(authenticated);
  const logout = vi.fn(() => {
    fake.setState(anonymous("logged_out"));
    return send();
  });
  fake.session.logout = logout;
  return { ...fake, logout };
}

const unreachable = () => Promise.reject(new TypeError("fetch failed"));

describe("Logging out", () => {
  afterEach(() => vi.useRealTimers());

  it("is reported as done only after the server has confirmed it", async () => {
    let confirm = () => {};
    const { session } = sessionWithLogout(() => new Promise((resolve) => (confirm = resolve)));
    const { user } = renderApp("account", session);
    await user.click(screen.getByRole("button", { name: "Log out" }));
    expect(screen.queryByRole("heading", { level: 1 })).toBeNull();
    expect(screen.getByText("Logging out…")).toBeTruthy();
    confirm();
    const heading = await screen.findByRole("heading", { level: 1, name: "You are logged out" });
    expect(document.activeElement).toBe(heading);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it.each([
    ["unreachable", unreachable],
    ["rejected", () => Promise.reject(problem(503, "unavailable"))],
  ])("warns that the session may be active, and retries: %s", async (_, fails) => {
    const { session, logout } = sessionWithLogout(fails);
    const { user } = renderApp("account", session);
    await user.click(screen.getByRole("button", { name: "Log out" }));
    expect((await screen.findByRole("alert")).textContent).toMatch(/session may still be active/);
    expect(title()).toBe("You may still be logged in");
    await user.click(screen.getByRole("link", { name: "Log in again" }));
    expect(screen.getByRole("alert").textContent).toMatch(/session may still be active/);
    history.back();
    await screen.findByRole("heading", { name: "You may still be logged in" });
    logout.mockImplementation(() => Promise.resolve());
    await user.click(screen.getByRole("button", { name: "Retry logout" }));
    await screen.findByRole("heading", { name: "You are logged out" });
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("retries when the network is back, and warns early when the server does not respond", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let fail: (error: Error) => void = () => undefined;
    const { session, logout } = sessionWithLogout(() => new Promise((_, reject) => (fail = reject)));
    renderApp("account", session);
    fireEvent.click(screen.getByRole("button", { name: "Log out" }));
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect((await screen.findByRole("alert")).textContent).toMatch(/may still be active/);
    expect(screen.getByRole("button", { name: "Retry logout" }).getAttribute("aria-busy")).toBe("true");
    fail(new TypeError("fetch failed"));
    await vi.waitFor(() => expect(screen.getByRole("button").getAttribute("aria-busy")).toBeNull());
    logout.mockImplementation(() => Promise.resolve());
    fireEvent(window, new Event("online"));
    await screen.findByRole("heading", { name: "You are logged out" });
  });

  it("checks by itself whether the server has confirmed in the meantime", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { session, logout } = sessionWithLogout(unreachable);
    renderApp("account", session);
    fireEvent.click(screen.getByRole("button", { name: "Log out" }));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(logout).toHaveBeenCalledTimes(1);
    logout.mockImplementation(() => Promise.resolve());
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    await screen.findByRole("heading", { name: "You are logged out" });
    expect(logout).toHaveBeenCalledTimes(2);
  });

  it("is forgotten after the next login", async () => {
    const { session, setState } = sessionWithLogout(unreachable);
    const { user } = renderApp("account", session);
    await user.click(screen.getByRole("button", { name: "Log out" }));
    await screen.findByRole("alert");
    setState(authenticated);
    setState(anonymous("logged_out"));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByText(/You logged out in another tab/)).toBeTruthy();
  });

  it("reports what it included: all devices, or the account", async () => {
    const { session, setState } = fakeSession(authenticated);
    const done = () => {
      setState(anonymous("logged_out"));
      return Promise.resolve();
    };
    session.logoutAll = () => done().then(() => 3);
    session.deleteAccount = done;
    const { user } = renderApp("account", session);
    await user.click(screen.getByRole("button", { name: "Log out everywhere" }));
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Log out everywhere" }));
    await screen.findByRole("heading", { name: "You are logged out everywhere" });
    setState(authenticated);
    await user.click(screen.getByRole("button", { name: "Delete account" }));
    await user.type(within(screen.getByRole("dialog")).getByLabelText("Password"), "three lamps{Enter}");
    await screen.findByRole("heading", { name: "Your account is deleted" });
    expect(location.pathname).toBe("/app/account");
  });

  it("reports the reason in other tabs", async () => {
    const { session, setState } = fakeSession(authenticated);
    renderApp("account", session);
    setState(anonymous("logged_out"));
    const other = new BroadcastChannel("heirloom-app http://localhost:3000/");
    other.postMessage("deleted");
    await screen.findByRole("heading", { name: "Your account is deleted" });
    other.close();
  });
});
