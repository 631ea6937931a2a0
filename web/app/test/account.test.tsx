import { readFileSync } from "node:fs";
import type { Device, EventsPage } from "@heirloom/client";
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { describeEvent } from "../src/account/eventText.js";
import { alice, authenticated, problem, fakeSession, renderApp } from "./support/renderApp.js";

const device = (name: string, current = false): Device => ({
  id: name,
  current,
  device: name,
  created_at: "2026-01-01T00:00:00Z",
  last_used_at: "2026-01-01T00:00:00Z",
  expires_at: "2026-02-01T00:00:00Z",
  ip: "192.0.2.7",
  user_agent: null,
});

const event = (id: number, kind = "login_succeeded"): EventsPage["events"][number] => ({
  id: `${id}`,
  at: "2026-01-01T00:00:00Z",
  kind,
  session_id: null,
  ip: null,
  user_agent: null,
  device: "Unknown device",
  detail: {},
});

describe("The account page", () => {
  it("lists this device first, and logs out another", async () => {
    let devices = [device("curl"), device("Firefox on Linux", true)];
    const endSession = vi.fn((id: string) => {
      devices = devices.filter((device) => device.id !== id);
      return Promise.resolve();
    });
    const { user } = renderApp(
      "account",
      fakeSession(authenticated, { sessions: () => Promise.resolve(devices), endSession }).session,
    );
    const region = screen.getByRole("region", { name: "Devices" });
    const items = await within(region).findAllByRole("listitem");
    expect(items.map((item) => within(item).queryByText("This device") !== null)).toEqual([true, false]);
    expect(within(region).queryByRole("button", { name: /^Log out Firefox on Linux/ })).toBeNull();
    await user.click(within(region).getByRole("button", { name: "Log out curl, session curl" }));
    expect((await within(region).findByRole("status")).textContent).toBe("curl is logged out.");
    await waitFor(() => expect(within(region).getAllByRole("listitem")).toHaveLength(1));
    expect(endSession).toHaveBeenCalledExactlyOnceWith("curl");
    expect(document.activeElement).toBe(within(region).getByRole("list"));
  });

  it("has no password form for an account without a password or an address", () => {
    const state = { ...authenticated, user: { ...alice, email: null, has_password: false } };
    renderApp("account", fakeSession(state).session);
    expect(screen.getByRole("region", { name: "Password" }).textContent).toContain("another service");
    expect(screen.queryByLabelText("Current password")).toBeNull();
    expect(screen.queryByRole("button", { name: "Delete account" })).toBeNull();
    expect(document.body.textContent).not.toContain("null");
  });

  it("shows where a session was used besides", async () => {
    const place = { at: "2026-01-01T00:00:00Z", ip: "198.51.100.66", user_agent: "curl/8", device: "curl" };
    const devices = [
      device("Firefox on Linux", true),
      { ...device("Phone"), also_used_from: place },
      {
        ...device("Tablet"),
        also_used_from: { ...place, ip: "203.0.113.7", user_agent: null, device: "Unknown device" },
      },
    ];
    const sessions = () => Promise.resolve(devices);
    renderApp("account", fakeSession(authenticated, { sessions }).session);
    const region = screen.getByRole("region", { name: "Devices" });
    const items = await within(region).findAllByRole("listitem");
    const warnings = items.map((item) => within(item).queryByText(/^Also used from/)?.textContent ?? null);
    expect(warnings[0]).toBeNull();
    expect(warnings[1]).toMatch(
      /^Also used from 198\.51\.100\.66 \(curl\), .+\. If that was not you, log out everywhere/,
    );
    expect(warnings[2]).toMatch(/^Also used from 203\.0\.113\.7, /);
  });

  it("does not move the focus when data arrives or changes", async () => {
    let devices = [device("curl"), device("Firefox on Linux", true)];
    const endSession = () => {
      devices = devices.slice(1);
      return Promise.resolve();
    };
    const sessions = () => Promise.resolve(devices);
    renderApp("account", fakeSession(authenticated, { sessions, endSession }).session);
    const end = await screen.findByRole("button", { name: "Log out curl, session curl" });
    expect(document.activeElement).toBe(document.body);
    end.focus();
    end.blur();
    await new Promise((resolve) => setTimeout(resolve));
    end.click();
    await waitFor(() => expect(end.isConnected).toBe(false));
    expect(document.activeElement).toBe(document.body);
  });

  it("offers a retry after an error, and retries when the network is back", async () => {
    const sessions = vi.fn(() => Promise.reject<Device[]>(new TypeError("fetch failed")));
    const { user } = renderApp("account", fakeSession(authenticated, { sessions }).session);
    const region = screen.getByRole("region", { name: "Devices" });
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    await screen.findByRole("alert");
    expect(sessions).toHaveBeenCalledTimes(2);
    sessions.mockImplementation(() => Promise.resolve([device("curl")]));
    fireEvent(window, new Event("online"));
    expect(await within(region).findByText("curl")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("reloads the other sections after a change", async () => {
    let devices = [device("curl"), device("Firefox on Linux", true)];
    const log = [event(1)];
    const changePassword = () => {
      devices = devices.slice(1);
      log.unshift(event(2, "password_changed"));
      return Promise.resolve();
    };
    const sessions = () => Promise.resolve(devices);
    const events = () => Promise.resolve({ events: [...log] });
    const { user } = renderApp("account", fakeSession(authenticated, { sessions, events, changePassword }).session);
    await screen.findByText("curl");
    await user.click(screen.getAllByRole("button", { name: "Show password" })[1] as HTMLElement);
    await user.type(screen.getByLabelText("Current password"), "three lamps on the stairs");
    await user.type(screen.getByLabelText("New password"), "four lamps in the cellar{Enter}");
    expect(await screen.findByText("The password was changed")).toBeTruthy();
    expect(screen.queryByText("curl")).toBeNull();
    expect(screen.getByLabelText<HTMLInputElement>("New password").type).toBe("password");
  });

  it("keeps the loaded older events when new events arrive", async () => {
    const log = Array.from({ length: 3 }, (_, at) => event(3 - at, `kind_${3 - at}`));
    const events = ({ before }: { before?: string } = {}) =>
      Promise.resolve(before ? { events: log.slice(-1) } : { events: log.slice(0, -1), next: "2" });
    const changePassword = () => {
      log.unshift(event(4, "kind_4"));
      return Promise.resolve();
    };
    const { user } = renderApp("account", fakeSession(authenticated, { events, changePassword }).session);
    await user.click(await screen.findByRole("button", { name: "Show older events" }));
    await screen.findByText("kind 1");
    await user.type(screen.getByLabelText("Current password"), "three lamps on the stairs");
    await user.type(screen.getByLabelText("New password"), "four lamps in the cellar{Enter}");
    await screen.findByText("kind 4");
    const list = screen.getByRole("list", { name: "Security events" });
    const texts = within(list).getAllByText(/^kind/);
    expect(texts.map(({ textContent }) => textContent)).toEqual(["kind 4", "kind 3", "kind 2", "kind 1"]);
    expect(screen.queryByRole("button", { name: "Show older events" })).toBeNull();
  });

  it("treats a session that has ended already as logged out", async () => {
    let devices = [device("curl")];
    const endSession = () => {
      devices = [];
      return Promise.reject(problem(404, "session_not_found"));
    };
    const sessions = () => Promise.resolve(devices);
    const { user } = renderApp("account", fakeSession(authenticated, { sessions, endSession }).session);
    await user.click(await screen.findByRole("button", { name: "Log out curl, session curl" }));
    expect(await screen.findByText("curl is logged out.")).toBeTruthy();
    await waitFor(() => expect(screen.queryByText("curl")).toBeNull());
  });

  it("shows that a program's name is truncated", async () => {
    const name = "AnExtremelyLongUserAgentWithoutA";
    const devices = [{ ...device(name), user_agent: `${name}nySpace/1.0` }];
    renderApp("account", fakeSession(authenticated, { sessions: () => Promise.resolve(devices) }).session);
    expect(await screen.findByText(`${name}…`)).toBeTruthy();
  });

  it("labels the events of a sandbox, and does not mark them as critical", async () => {
    const ofFamily = (id: number, kind: string, session_id: string) => ({ ...event(id, kind), session_id });
    const events = [
      ofFamily(9, "reuse_detected", "sandbox"),
      ...Array.from({ length: 8 }, (_, at) => event(20 + at)),
      ofFamily(2, "practice_began", "sandbox"),
      ofFamily(1, "reuse_detected", "real"),
    ];
    const { user } = renderApp(
      "account",
      fakeSession(authenticated, { events: () => Promise.resolve({ events }) }).session,
    );
    const sandbox = await screen.findByText("Sandbox: an old refresh token was replayed, so the session was revoked");
    expect(sandbox.closest("li")?.className).toBe("row info");
    await user.click(screen.getByRole("button", { name: "Show older events" }));
    const real = await screen.findByText("An old refresh token was replayed, so the session was revoked");
    expect(real.closest("li")?.className).toBe("row critical");
  });

  it("asks for confirmation before it logs out everywhere", async () => {
    const logoutAll = vi.fn(() => Promise.resolve(3));
    const { user } = renderApp("account", fakeSession(authenticated, { logoutAll }).session);
    await user.click(screen.getByRole("button", { name: "Log out everywhere" }));
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Cancel" }));
    expect(logoutAll).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Log out everywhere" }));
    const dialog = screen.getByRole("dialog", { name: "Log out everywhere?" });
    await user.click(within(dialog).getByRole("button", { name: "Log out everywhere" }));
    expect(logoutAll).toHaveBeenCalledOnce();
  });

  it("shows the log page by page", async () => {
    const events = vi.fn(({ before }: { before?: string } = {}) =>
      Promise.resolve(before ? { events: [event(3)] } : { events: [event(1), event(2)], next: "2" }),
    );
    const { user } = renderApp("account", fakeSession(authenticated, { events }).session);
    const list = await screen.findByRole("list", { name: "Security events" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Show older events" }));
    await waitFor(() => expect(within(list).getAllByRole("listitem")).toHaveLength(3));
    expect(events.mock.lastCall?.[0]?.before).toBe("2");
    expect(screen.queryByRole("button", { name: "Show older events" })).toBeNull();
  });

  it("changes the password, and marks a wrong current password at its field", async () => {
    const changePassword = vi.fn(() => Promise.reject(problem(403, "invalid_credentials")));
    const { user } = renderApp("account", fakeSession(authenticated, { changePassword }).session);
    await user.type(screen.getByLabelText("Current password"), "wrong");
    await user.type(screen.getByLabelText("New password"), "four lamps in the cellar");
    await user.click(screen.getByRole("button", { name: "Change password" }));
    expect(await screen.findByText("Current password is incorrect.")).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText("Current password"));
    changePassword.mockImplementation((() => Promise.resolve()) as never);
    await user.click(screen.getByRole("button", { name: "Change password" }));
    expect(await screen.findByText(/Your password was changed/)).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("");
  });

  it("describes every kind of event, and shows unknown kinds of a newer server", () => {
    const source = readFileSync("../../src/domain/event.rs", "utf8");
    const kinds = [...source.matchAll(/Self::\w+(?: \{ \.\. \})? => "(\w+)"/g)].map(([, kind = ""]) => kind);
    expect(kinds.length).toBeGreaterThan(12);
    expect(kinds.filter((kind) => describeEvent({ kind, detail: {} }).text === kind.replaceAll("_", " "))).toEqual([]);
    expect(describeEvent({ kind: "reuse_detected", detail: {} }).severity).toBe("critical");
    expect(describeEvent({ kind: "session_revoked", detail: { reason: "limit" } }).text).toMatch(/oldest/);
    expect(describeEvent({ kind: "session_revoked", detail: { reason: "moon" } }).text).toBe("A session was revoked");
    expect(describeEvent({ kind: "passkey_added", detail: {} }).text).toBe("passkey added");
  });
});
