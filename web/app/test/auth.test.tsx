import { screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { alice, anonymous, authenticated, problem, fakeSession, renderApp } from "./support/renderApp.js";

async function fillIn(user: ReturnType<typeof renderApp>["user"]) {
  await user.type(field("Email"), "alice@example");
  await user.type(field("Password"), "lamps{Enter}");
}

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);

describe("Login and registration", () => {
  it("label their fields for password managers", () => {
    const { unmount } = renderApp("login", fakeSession(anonymous()).session);
    expect(field("Email").autocomplete).toBe("username");
    expect(field("Password").autocomplete).toBe("current-password");
    expect(field("Password").type).toBe("password");
    unmount();
    renderApp("register", fakeSession(anonymous()).session);
    expect(field("Email").autocomplete).toBe("username");
    expect(field("Password").autocomplete).toBe("new-password");
  });

  it("report a wrong email or password, and keep the input", async () => {
    const login = vi.fn(() => Promise.reject(problem(401, "invalid_credentials")));
    const { user } = renderApp("login", fakeSession(anonymous(), { login }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "four lamps{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("The email address or the password is wrong.");
    expect(login).toHaveBeenCalledExactlyOnceWith({ email: "alice@example.com", password: "four lamps" });
    expect(field("Password").value).toBe("four lamps");
  });

  it("report how long to wait", async () => {
    const login = () => Promise.reject(problem(429, "too_many_attempts", {}, 300));
    const { user } = renderApp("login", fakeSession(anonymous(), { login }).session);
    await fillIn(user);
    expect((await screen.findByRole("alert")).textContent).toBe("Too many attempts. Try again in 5 min 0 s.");
  });

  it("report that Heirloom is unreachable", async () => {
    const login = () => Promise.reject(new TypeError("fetch failed"));
    const { user } = renderApp("login", fakeSession(anonymous(), { login }).session);
    await fillIn(user);
    expect((await screen.findByRole("alert")).textContent).toMatch(/^Cannot reach Heirloom/);
  });

  it("mark each invalid field with its message, and focus the first", async () => {
    const errors = [
      { field: "email", message: "must be an address like name@example.com" },
      { field: "password", message: "must have at least 8 characters" },
    ];
    const register = () => Promise.reject(problem(422, "validation_failed", { errors }));
    const { user } = renderApp("register", fakeSession(anonymous(), { register }).session);
    await fillIn(user);
    await screen.findByRole("alert");
    const described = field("Password").getAttribute("aria-describedby")?.split(" ") ?? [];
    const texts = described.map((id) => document.getElementById(id)?.textContent);
    expect(texts).toContain("Password must have at least 8 characters.");
    expect(field("Email").getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(field("Email"));
  });

  it("create an account, log in and open the account page", async () => {
    const { session, setState } = fakeSession(anonymous(), { register: () => Promise.resolve(alice) });
    session.login = vi.fn(() => {
      setState(authenticated);
      return Promise.resolve(alice);
    });
    const { user } = renderApp("register", session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    expect((await screen.findByRole("heading", { level: 1, name: "Your account" })).textContent).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Your account");
  });

  it("log in when only the login has failed, and say so", async () => {
    const register = vi.fn(() => Promise.resolve(alice));
    const login = vi.fn(() => Promise.reject(problem(429, "too_many_attempts")));
    const { session, setState } = fakeSession(anonymous(), { register, login });
    const { user } = renderApp("register", session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    expect((await screen.findByRole("status")).textContent).toMatch(/account was created/);
    login.mockImplementation((() => {
      setState(authenticated);
      return Promise.resolve(alice);
    }) as never);
    await user.click(screen.getByRole("button", { name: "Log in" }));
    await screen.findByRole("heading", { level: 1, name: "Your account" });
    expect(register).toHaveBeenCalledOnce();
  });

  it("try the login first when the account may exist already", async () => {
    const register = vi.fn(() => Promise.reject(new TypeError("fetch failed")));
    const login = vi.fn(() => Promise.resolve(alice));
    const { user } = renderApp("register", fakeSession(anonymous(), { register, login }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    await screen.findByRole("alert");
    await user.click(screen.getByRole("button", { name: "Create account" }));
    expect([register.mock.calls.length, login.mock.calls.length]).toEqual([1, 1]);
  });

  it("link to the login with the email address of an existing account", async () => {
    const register = () => Promise.reject(problem(409, "email_taken"));
    const { user } = renderApp("register?next=family", fakeSession(anonymous(), { register }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    await user.click(await screen.findByRole("link", { name: "Log in instead" }));
    expect(location.pathname + location.search).toBe("/app/login?next=family");
    expect(field("Email").value).toBe("alice@example.com");
  });

  it("show the server's message for a longer minimum length, and promise none", async () => {
    const errors = [{ field: "password", message: "must have at least 12 characters" }];
    const register = () => Promise.reject(problem(422, "validation_failed", { errors }));
    const { user } = renderApp("register", fakeSession(anonymous(), { register }).session);
    expect(screen.getByText(/^Use at least 8 characters\. This server may require more\./)).toBeTruthy();
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps{Enter}");
    expect(await screen.findByText("Password must have at least 12 characters.")).toBeTruthy();
    expect(document.activeElement).toBe(field("Password"));
  });

  it("can show the password", async () => {
    const { user } = renderApp("login", fakeSession(anonymous()).session);
    const show = screen.getByRole("button", { name: "Show password", pressed: false });
    await user.click(show);
    expect(field("Password").type).toBe("text");
    expect(show.getAttribute("aria-pressed")).toBe("true");
  });

  it.each(["https://evil.example", "//evil.example", "login", "", "../docs"])(
    "open only pages of the app: next=%s",
    (next) => {
      renderApp(`login?next=${encodeURIComponent(next)}`, fakeSession(authenticated).session);
      expect(location.pathname).toBe("/app/account");
    },
  );
});
