import { fireEvent, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { anonymous, authenticated, refusal, scripted, shows } from "./support/world.js";

const title = () => screen.getByRole("heading", { level: 1 }).textContent;

/** A session that is forgotten at once, as the client does, and of which the server is told or not. */
function leaves(telling: () => Promise<void>) {
  const world = scripted(authenticated);
  const logout = vi.fn(() => {
    world.become(anonymous("logged_out"));
    return telling();
  });
  world.session.logout = logout;
  return { ...world, logout };
}

const unreached = () => Promise.reject(new TypeError("fetch failed"));

describe("Leaving", () => {
  afterEach(() => vi.useRealTimers());

  it("is said to be done only once the server knows", async () => {
    let told = () => {};
    const { session } = leaves(() => new Promise((resolve) => (told = resolve)));
    const { user } = shows("account", session);
    await user.click(screen.getByRole("button", { name: "Log out" }));
    expect(screen.queryByRole("heading", { level: 1 })).toBeNull();
    expect(screen.getByText("Logging you out …")).toBeTruthy();
    told();
    const heading = await screen.findByRole("heading", { level: 1, name: "You are logged out" });
    expect(document.activeElement).toBe(heading);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it.each([
    ["unreached", unreached],
    ["refused", () => Promise.reject(refusal(503, "unavailable"))],
  ])("says that the session may be alive, and tries again: %s", async (_, fails) => {
    const { session, logout } = leaves(fails);
    const { user } = shows("account", session);
    await user.click(screen.getByRole("button", { name: "Log out" }));
    expect((await screen.findByRole("alert")).textContent).toMatch(/session may still be alive/);
    expect(title()).toBe("You may still be logged in");
    await user.click(screen.getByRole("link", { name: "Log in again" }));
    expect(screen.getByRole("alert").textContent).toMatch(/session may still be alive/);
    history.back();
    await screen.findByRole("heading", { name: "You may still be logged in" });
    logout.mockImplementation(() => Promise.resolve());
    await user.click(screen.getByRole("button", { name: "Try to log out again" }));
    await screen.findByRole("heading", { name: "You are logged out" });
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("tries again by itself when the network is back, and says so early when it hangs", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let fail: (error: Error) => void = () => undefined;
    const { session, logout } = leaves(() => new Promise((_, reject) => (fail = reject)));
    shows("account", session);
    fireEvent.click(screen.getByRole("button", { name: "Log out" }));
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect((await screen.findByRole("alert")).textContent).toMatch(/may still be alive/);
    expect(screen.getByRole("button", { name: "Try to log out again" }).getAttribute("aria-busy")).toBe("true");
    fail(new TypeError("fetch failed"));
    await vi.waitFor(() => expect(screen.getByRole("button").getAttribute("aria-busy")).toBeNull());
    logout.mockImplementation(() => Promise.resolve());
    fireEvent(window, new Event("online"));
    await screen.findByRole("heading", { name: "You are logged out" });
  });

  it("looks by itself whether the server has heard in the meantime", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { session, logout } = leaves(unreached);
    shows("account", session);
    fireEvent.click(screen.getByRole("button", { name: "Log out" }));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(logout).toHaveBeenCalledTimes(1);
    logout.mockImplementation(() => Promise.resolve());
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    await screen.findByRole("heading", { name: "You are logged out" });
    expect(logout).toHaveBeenCalledTimes(2);
  });

  it("is forgotten with the next login", async () => {
    const { session, become } = leaves(unreached);
    const { user } = shows("account", session);
    await user.click(screen.getByRole("button", { name: "Log out" }));
    await screen.findByRole("alert");
    become(authenticated);
    become(anonymous("logged_out"));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByText(/You logged out in another tab/)).toBeTruthy();
  });

  it("is told with its reach: everywhere, and with the account", async () => {
    const { session, become } = scripted(authenticated);
    const done = () => {
      become(anonymous("logged_out"));
      return Promise.resolve();
    };
    session.logoutAll = () => done().then(() => 3);
    session.deleteAccount = done;
    const { user } = shows("account", session);
    await user.click(screen.getByRole("button", { name: "Log out everywhere" }));
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Log out everywhere" }));
    await screen.findByRole("heading", { name: "You are logged out everywhere" });
    become(authenticated);
    await user.click(screen.getByRole("button", { name: "Delete account" }));
    await user.type(within(screen.getByRole("dialog")).getByLabelText("Password"), "three lamps{Enter}");
    await screen.findByRole("heading", { name: "Your account is deleted" });
    expect(location.pathname).toBe("/app/account");
  });

  it("reaches other tabs with its reason", async () => {
    const { session, become } = scripted(authenticated);
    shows("account", session);
    become(anonymous("logged_out"));
    const other = new BroadcastChannel("heirloom-app http://localhost:3000/");
    other.postMessage("deleted");
    await screen.findByRole("heading", { name: "Your account is deleted" });
    other.close();
  });
});
