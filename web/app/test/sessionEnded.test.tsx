import type { OverReason } from "@heirloom/client";
import { screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { anonymous, authenticated, fakeSession, renderApp } from "./support/renderApp.js";

const titles: [OverReason, string][] = [
  ["expired", "Your session has expired"],
  ["revoked", "Your session was revoked"],
  ["reused", "Your session was revoked to protect you"],
  ["logged_out", "You are logged out"],
];

describe("The end of a session", () => {
  it.each(titles)("replaces the page, with a link to log in and return: %s", async (reason, title) => {
    const { session, setState } = fakeSession(authenticated);
    const { user } = renderApp("account", session);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Your account");
    setState(anonymous(reason));
    const heading = screen.getByRole("heading", { level: 1 });
    expect(heading.textContent).toBe(title);
    expect(document.activeElement).toBe(heading);
    expect(document.title).toBe(`${title} · Heirloom`);
    expect(location.pathname).toBe("/app/account");
    await user.click(screen.getByRole("link", { name: "Log in again" }));
    expect(location.pathname + location.search).toBe("/app/login?next=account");
    setState(authenticated);
    expect(location.pathname).toBe("/app/account");
  });

  it("is not shown without a session: the login page opens instead", () => {
    renderApp("family", fakeSession(anonymous()).session);
    expect(location.pathname + location.search).toBe("/app/login?next=family");
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Log in");
  });

  it("is not shown while Heirloom is unreachable, and the user can retry at once", async () => {
    const loadUser = vi.fn(() => Promise.reject(new TypeError("fetch failed")));
    const { session, setState } = fakeSession({ status: "unreachable" }, { user: loadUser });
    const { user } = renderApp("account", session);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Cannot reach Heirloom");
    await user.click(screen.getByRole("button", { name: "Retry now" }));
    expect(loadUser).toHaveBeenCalledOnce();
    setState(authenticated);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Your account");
  });
});
