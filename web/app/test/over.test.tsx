import type { OverReason } from "@heirloom/client";
import { screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { anonymous, authenticated, scripted, shows } from "./support/world.js";

const told: [OverReason, string][] = [
  ["expired", "Your session has expired"],
  ["revoked", "Your session was ended"],
  ["reused", "Your session was ended to protect you"],
  ["logged_out", "You are logged out"],
];

describe("A session that is over", () => {
  it.each(told)("is told in the page's place, with a way back to it: %s", async (reason, title) => {
    const { session, become } = scripted(authenticated);
    const { user } = shows("account", session);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Your account");
    become(anonymous(reason));
    const heading = screen.getByRole("heading", { level: 1 });
    expect(heading.textContent).toBe(title);
    expect(document.activeElement).toBe(heading);
    expect(document.title).toBe(`${title} · Heirloom`);
    expect(location.pathname).toBe("/app/account");
    await user.click(screen.getByRole("link", { name: "Log in again" }));
    expect(location.pathname + location.search).toBe("/app/login?next=account");
    become(authenticated);
    expect(location.pathname).toBe("/app/account");
  });

  it("that never was leads to the login", () => {
    shows("family", scripted(anonymous()).session);
    expect(location.pathname + location.search).toBe("/app/login?next=family");
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Log in");
  });

  it("is not said to be over while nobody answers, and can be asked for at once", async () => {
    const ask = vi.fn(() => Promise.reject(new TypeError("fetch failed")));
    const { session, become } = scripted({ status: "unreachable" }, { user: ask });
    const { user } = shows("account", session);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Heirloom cannot be reached");
    await user.click(screen.getByRole("button", { name: "Try now" }));
    expect(ask).toHaveBeenCalledOnce();
    become(authenticated);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Your account");
  });
});
