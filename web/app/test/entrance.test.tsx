import { screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { alice, anonymous, authenticated, refusal, scripted, shows } from "./support/world.js";

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);

describe("The way in", () => {
  it("tells password managers what is what", () => {
    const { unmount } = shows("login", scripted(anonymous()).session);
    expect(field("Email").autocomplete).toBe("username");
    expect(field("Password").autocomplete).toBe("current-password");
    expect(field("Password").type).toBe("password");
    unmount();
    shows("register", scripted(anonymous()).session);
    expect(field("Email").autocomplete).toBe("username");
    expect(field("Password").autocomplete).toBe("new-password");
  });

  it("says that email or password are wrong, and keeps what was typed", async () => {
    const login = vi.fn(() => Promise.reject(refusal(401, "invalid_credentials")));
    const { user } = shows("login", scripted(anonymous(), { login }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "four lamps{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("The email address or the password is wrong.");
    expect(login).toHaveBeenCalledExactlyOnceWith({ email: "alice@example.com", password: "four lamps" });
    expect(field("Password").value).toBe("four lamps");
  });

  it("says how long to wait", async () => {
    const login = () => Promise.reject(refusal(429, "too_many_attempts", {}, 300));
    const { user } = shows("login", scripted(anonymous(), { login }).session);
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect((await screen.findByRole("alert")).textContent).toBe("That was tried too often. Try again in 5 minutes.");
  });

  it("says when nobody answers", async () => {
    const login = () => Promise.reject(new TypeError("fetch failed"));
    const { user } = shows("login", scripted(anonymous(), { login }).session);
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect((await screen.findByRole("alert")).textContent).toMatch(/cannot be reached/);
  });

  it("marks each field that is wrong, says why, and goes to the first", async () => {
    const errors = [
      { field: "email", message: "must be an address like name@example.com" },
      { field: "password", message: "must have at least 8 characters" },
    ];
    const register = () => Promise.reject(refusal(422, "validation_failed", { errors }));
    const { user } = shows("register", scripted(anonymous(), { register }).session);
    await user.click(screen.getByRole("button", { name: "Create account" }));
    await screen.findByRole("alert");
    const described = field("Password").getAttribute("aria-describedby")?.split(" ") ?? [];
    const texts = described.map((id) => document.getElementById(id)?.textContent);
    expect(texts).toContain("Password must have at least 8 characters.");
    expect(field("Email").getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(field("Email"));
  });

  it("registers, logs in, and goes to the account", async () => {
    const { session, become } = scripted(anonymous(), { register: () => Promise.resolve(alice) });
    session.login = vi.fn(() => {
      become(authenticated);
      return Promise.resolve(alice);
    });
    const { user } = shows("register", session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    expect((await screen.findByRole("heading", { level: 1, name: "Your account" })).textContent).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Your account");
  });

  it("lets the password be looked at while it is typed", async () => {
    const { user } = shows("login", scripted(anonymous()).session);
    const show = screen.getByRole("button", { name: "Show what is typed", pressed: false });
    await user.click(show);
    expect(field("Password").type).toBe("text");
    expect(show.getAttribute("aria-pressed")).toBe("true");
  });

  it.each(["https://evil.example", "//evil.example", "login", "", "../docs"])(
    "goes to no other place: next=%s",
    (next) => {
      shows(`login?next=${encodeURIComponent(next)}`, scripted(authenticated).session);
      expect(location.pathname).toBe("/app/account");
    },
  );
});
