import type { Device, SecurityEvent } from "@heirloom/client";
import { screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage } from "../src/texts/index.js";
import { alice, anonymous, authenticated, fakeSession, info, problem, renderApp } from "./support/renderApp.js";

const PAGE = "#/ticket?token=hlt_abc";

beforeEach(() => chooseLanguage(["en"]));

describe("A page with a ticket", () => {
  it("takes the ticket out of the address bar, and redeems it only after a click", async () => {
    const redeem = vi.fn(() => {
      setState(authenticated);
      return Promise.resolve(alice);
    });
    const { session, setState } = fakeSession(anonymous(), { redeem });
    const { user } = renderApp(PAGE, session);
    expect(location.href).not.toContain("hlt_");
    expect(location.pathname).toBe("/app/ticket");
    await screen.findByRole("heading", { name: "Continue to your account" });
    expect(redeem).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Continue" }));
    expect(redeem).toHaveBeenCalledExactlyOnceWith("hlt_abc");
    await screen.findByRole("heading", { name: "Your account" });
    expect([location.pathname, history.state]).toEqual(["/app/account", ""]);
  });

  it("says whose session ends", async () => {
    const { user } = renderApp(PAGE, fakeSession(authenticated, { redeem: () => new Promise(() => {}) }).session);
    await screen.findByText(/You are logged in as alice@example.com/);
    await user.click(screen.getByRole("button", { name: "Continue" }));
    expect(screen.getByRole("button", { name: "Continue" }).getAttribute("aria-busy")).toBe("true");
  });

  it.each([
    ["ticket_invalid", 401, /within a minute/],
    ["ticket_used", 401, /used already/],
    ["account_disabled", 403, /account is disabled/],
    ["unavailable", 503, /cannot reach its database/],
  ])("explains %s", async (code, status, text) => {
    const redeem = () => Promise.reject(problem(status, code));
    const { user } = renderApp(PAGE, fakeSession(anonymous(), { redeem }).session);
    await user.click(await screen.findByRole("button", { name: "Continue" }));
    expect((await screen.findByRole("alert")).textContent).toMatch(text);
    // A ticket that did not work before will not work now.
    expect(screen.queryByRole("button", { name: "Continue" }) === null).toBe(code.startsWith("ticket_"));
  });

  it("without a ticket has no button", async () => {
    renderApp("ticket", fakeSession(anonymous()).session);
    expect((await screen.findByRole("alert")).textContent).toContain("incomplete");
    expect(screen.queryByRole("button", { name: "Continue" })).toBeNull();
  });

  it("is in German too", async () => {
    chooseLanguage(["de"]);
    renderApp(PAGE, fakeSession(authenticated).session);
    await screen.findByRole("heading", { name: "Weiter zu Ihrem Konto" });
    await screen.findByText(/Sie sind als alice@example.com angemeldet/);
  });
});

describe("A person who acts for the user", () => {
  const device: Device = {
    id: info.id,
    current: true,
    device: "Firefox on Linux",
    created_at: "2026-01-01T00:00:00Z",
    last_used_at: "2026-01-01T00:00:00Z",
    expires_at: "2026-02-01T00:00:00Z",
    ip: "192.0.2.7",
    user_agent: "Mozilla/5.0 Firefox/140.0",
  };
  const event: SecurityEvent = {
    id: "1",
    at: "2026-01-01T00:00:00Z",
    kind: "login_succeeded",
    session_id: info.id,
    ip: "192.0.2.7",
    user_agent: "Mozilla/5.0 Firefox/140.0",
    device: "Firefox on Linux",
    detail: { by: "service", actor: "support|bob" },
  };
  const ended: SecurityEvent = {
    ...event,
    id: "2",
    kind: "session_revoked",
    ip: null,
    user_agent: null,
    device: "Unknown device",
    detail: { by: "service", reason: "admin" },
  };

  it("is named in the devices and the events", async () => {
    const sessions = () =>
      Promise.resolve([
        { ...device, actor: "support|bob" },
        { ...device, id: "x", current: false },
      ]);
    const events = () => Promise.resolve({ events: [event, ended] });
    renderApp("account", fakeSession(authenticated, { sessions, events }).session);
    const devices = await within(screen.getByRole("region", { name: "Devices" })).findAllByRole("listitem");
    expect(devices.map((row) => row.textContent.includes("support|bob acts for you in this session."))).toEqual([
      true,
      false,
    ]);
    const rows = await within(screen.getByRole("list", { name: "Security events" })).findAllByRole("listitem");
    expect(rows[0]?.textContent).toMatch(/Logged in.*Firefox on Linux.*support\|bob acted for you/);
    expect(rows[1]?.textContent).toMatch(/revoked by an administrator.*by a service of the operator/);
  });
});
