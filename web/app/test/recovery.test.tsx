import { screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { anonymous, authenticated, fakeSession, renderApp } from "./support/renderApp.js";

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);

/** What the server answers, by path, and what it was sent. */
let answers: Record<string, { status: number; body?: object }>;
let sent: { path: string; body: unknown }[];

beforeEach(() => {
  sent = [];
  answers = {
    "/.well-known/heirloom": {
      status: 200,
      body: { registration: "open", recovery: true, password: { min_length: 8, max_length: 128 } },
    },
  };
  vi.stubGlobal("fetch", (input: URL, init?: RequestInit) => {
    const path = new URL(input).pathname;
    if (typeof init?.body === "string") sent.push({ path, body: JSON.parse(init.body) as unknown });
    const { status, body } = answers[path] ?? { status: 204 };
    return Promise.resolve(new Response(body ? JSON.stringify(body) : null, { status }));
  });
});
afterEach(() => void vi.unstubAllGlobals());

const refusal = (status: number, code: string) => ({
  status,
  body: { type: `urn:heirloom:problem:${code}`, title: code, status, detail: code, code, instance: "1" },
});

describe("Recovery", () => {
  it("leads from the login to a mail", async () => {
    answers["/password/forgot"] = { status: 202 };
    const { user } = renderApp("login", fakeSession(anonymous()).session);
    await user.click(await screen.findByRole("link", { name: "Forgot your password?" }));
    await user.type(field("Email"), "alice@example.com{Enter}");
    await screen.findByText(/If alice@example.com has an account, a link is on its way/);
    expect(sent).toEqual([{ path: "/password/forgot", body: { email: "alice@example.com" } }]);
  });

  it("is not offered where the server sends no mails", async () => {
    answers["/.well-known/heirloom"] = { status: 404 };
    renderApp("login", fakeSession(anonymous()).session);
    await screen.findByRole("button", { name: "Log in" });
    expect(screen.queryByRole("link", { name: "Forgot your password?" })).toBeNull();
  });

  it("sets a new password with the token of the link, and takes the token out of the URL", async () => {
    const { user } = renderApp("#/reset-password?token=hll_abc", fakeSession(anonymous()).session);
    expect(location.href).not.toContain("hll_abc");
    await user.type(field("New password"), "four lamps in the cellar{Enter}");
    await screen.findByText(/Your password was changed/);
    expect(sent).toEqual([
      { path: "/password/reset", body: { token: "hll_abc", new_password: "four lamps in the cellar" } },
    ]);
  });

  it("says that a link is spent, and how to get another one", async () => {
    answers["/password/reset"] = refusal(401, "link_expired");
    const { user } = renderApp("#/reset-password?token=hll_abc", fakeSession(anonymous()).session);
    await user.type(field("New password"), "four lamps in the cellar{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("This link has expired.");
    expect(screen.getByRole("link", { name: "Request another link" })).toBeTruthy();
  });

  it.each([
    ["verify-email", "/email/verify", "Confirm"],
    ["confirm-email", "/email/confirm", "Change the address"],
    ["undo-email", "/email/undo", "Undo the change"],
  ])("asks before it uses the link of %s", async (page, path, button) => {
    const { user } = renderApp(`#/${page}?token=hll_abc`, fakeSession(anonymous()).session);
    expect(sent).toEqual([]);
    await user.click(await screen.findByRole("button", { name: button }));
    await screen.findByText(/address/, { selector: ".notice *, .notice" });
    expect(sent).toEqual([{ path, body: { token: "hll_abc" } }]);
  });

  it("asks for another address with the password", async () => {
    answers["/users/me/email"] = { status: 202 };
    const accessToken = () => Promise.resolve("token");
    const { user } = renderApp("account", fakeSession(authenticated, { accessToken }).session);
    await user.type(await screen.findByLabelText("New email"), "new@example.com");
    await user.type(field("Your password"), "three lamps on the stairs");
    await user.click(screen.getByRole("button", { name: "Change email" }));
    await screen.findByText("Check the mail of new@example.com.");
    expect(sent).toEqual([
      { path: "/users/me/email", body: { email: "new@example.com", password: "three lamps on the stairs" } },
    ]);
  });

  it("tells a visitor that registration is closed, or that a mail was sent", async () => {
    const register = () => Promise.resolve({ message: "Check your mail." } as never);
    const password = { min_length: 8, max_length: 128 };
    answers["/.well-known/heirloom"] = { status: 200, body: { registration: "verified", recovery: true, password } };
    const { user } = renderApp("register", fakeSession(anonymous(), { register }).session);
    await user.type(field("Email"), "alice@example.com");
    await user.type(field("Password"), "three lamps on the stairs{Enter}");
    await screen.findByText(/It has a link that finishes your registration/);
  });
});
