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

  it("logs in when only that had failed, and says so", async () => {
    const register = vi.fn(() => Promise.resolve(alice));
    const login = vi.fn(() => Promise.reject(refusal(429, "too_many_attempts")));
    const { session, become } = scripted(anonymous(), { register, login });
    const { user } = shows("register", session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    expect((await screen.findByRole("status")).textContent).toMatch(/account is made/);
    login.mockImplementation((() => {
      become(authenticated);
      return Promise.resolve(alice);
    }) as never);
    await user.click(screen.getByRole("button", { name: "Log in" }));
    await screen.findByRole("heading", { level: 1, name: "Your account" });
    expect(register).toHaveBeenCalledOnce();
  });

  it("tries the login first when it was not told whether the account was made", async () => {
    const register = vi.fn(() => Promise.reject(new TypeError("fetch failed")));
    const login = vi.fn(() => Promise.resolve(alice));
    const { user } = shows("register", scripted(anonymous(), { register, login }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    await screen.findByRole("alert");
    await user.click(screen.getByRole("button", { name: "Create account" }));
    expect([register.mock.calls.length, login.mock.calls.length]).toEqual([1, 1]);
  });

  it("leads to the login with the address of an account that is there", async () => {
    const register = () => Promise.reject(refusal(409, "email_taken"));
    const { user } = shows("register?next=family", scripted(anonymous(), { register }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    await user.click(await screen.findByRole("link", { name: "Log in instead" }));
    expect(location.pathname + location.search).toBe("/app/login?next=family");
    expect(field("Email").value).toBe("alice@example.com");
  });

  it("tells a longer least length in the server's words, and promises none itself", async () => {
    const errors = [{ field: "password", message: "must have at least 12 characters" }];
    const register = () => Promise.reject(refusal(422, "validation_failed", { errors }));
    const { user } = shows("register", scripted(anonymous(), { register }).session);
    expect(screen.getByText(/may ask for more/)).toBeTruthy();
    await user.type(field("Password"), "three lamps{Enter}");
    expect(await screen.findByText("Password must have at least 12 characters.")).toBeTruthy();
    expect(document.activeElement).toBe(field("Password"));
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
