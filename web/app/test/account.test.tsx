import { readFileSync } from "node:fs";
import type { Device, EventsPage } from "@heirloom/client";
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { tell } from "../src/account/events.js";
import { authenticated, refusal, scripted, shows } from "./support/world.js";

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
  detail: {},
});

describe("The account page", () => {
  it("lists this device first, and ends another", async () => {
    let devices = [device("curl"), device("Firefox on Linux", true)];
    const endSession = vi.fn((id: string) => {
      devices = devices.filter((device) => device.id !== id);
      return Promise.resolve();
    });
    const { user } = shows(
      "account",
      scripted(authenticated, { sessions: () => Promise.resolve(devices), endSession }).session,
    );
    const region = screen.getByRole("region", { name: "Devices" });
    const items = await within(region).findAllByRole("listitem");
    expect(items.map((item) => within(item).queryByText("This device") !== null)).toEqual([true, false]);
    expect(within(region).queryByRole("button", { name: "End session on Firefox on Linux" })).toBeNull();
    await user.click(within(region).getByRole("button", { name: "End session on curl" }));
    expect((await within(region).findByRole("status")).textContent).toBe("The session on curl has ended.");
    await waitFor(() => expect(within(region).getAllByRole("listitem")).toHaveLength(1));
    expect(endSession).toHaveBeenCalledExactlyOnceWith("curl");
    expect(document.activeElement).toBe(within(region).getByRole("list"));
  });

  it("leaves the focus where it is when something arrives or changes", async () => {
    let devices = [device("curl"), device("Firefox on Linux", true)];
    const endSession = () => {
      devices = devices.slice(1);
      return Promise.resolve();
    };
    const sessions = () => Promise.resolve(devices);
    shows("account", scripted(authenticated, { sessions, endSession }).session);
    const end = await screen.findByRole("button", { name: "End session on curl" });
    expect(document.activeElement).toBe(document.body);
    end.focus();
    end.blur();
    await new Promise((resolve) => setTimeout(resolve));
    end.click();
    await waitFor(() => expect(end.isConnected).toBe(false));
    expect(document.activeElement).toBe(document.body);
  });

  it("gives a way to try again, and does so by itself when the network is back", async () => {
    const sessions = vi.fn(() => Promise.reject<Device[]>(new TypeError("fetch failed")));
    const { user } = shows("account", scripted(authenticated, { sessions }).session);
    const region = screen.getByRole("region", { name: "Devices" });
    await user.click(await within(region).findByRole("button", { name: "Try again" }));
    await within(region).findByRole("alert");
    expect(sessions).toHaveBeenCalledTimes(2);
    sessions.mockImplementation(() => Promise.resolve([device("curl")]));
    fireEvent(window, new Event("online"));
    expect(await within(region).findByText("curl")).toBeTruthy();
    expect(within(region).queryByRole("alert")).toBeNull();
  });

  it("shows in every part what one of them has changed", async () => {
    let devices = [device("curl"), device("Firefox on Linux", true)];
    const log = [event(1)];
    const changePassword = () => {
      devices = devices.slice(1);
      log.unshift(event(2, "password_changed"));
      return Promise.resolve();
    };
    const sessions = () => Promise.resolve(devices);
    const events = () => Promise.resolve({ events: [...log] });
    const { user } = shows("account", scripted(authenticated, { sessions, events, changePassword }).session);
    await screen.findByText("curl");
    await user.click(screen.getAllByRole("button", { name: "Show what is typed" })[1] as HTMLElement);
    await user.type(screen.getByLabelText("Current password"), "three lamps on the stairs");
    await user.type(screen.getByLabelText("New password"), "four lamps in the cellar{Enter}");
    expect(await screen.findByText("The password was changed")).toBeTruthy();
    expect(screen.queryByText("curl")).toBeNull();
    expect(screen.getByLabelText<HTMLInputElement>("New password").type).toBe("password");
  });

  it("keeps the older events that are shown when new ones come on top", async () => {
    const log = Array.from({ length: 3 }, (_, at) => event(3 - at, `kind_${3 - at}`));
    const events = ({ before }: { before?: string } = {}) =>
      Promise.resolve(before ? { events: log.slice(-1) } : { events: log.slice(0, -1), next: "2" });
    const changePassword = () => {
      log.unshift(event(4, "kind_4"));
      return Promise.resolve();
    };
    const { user } = shows("account", scripted(authenticated, { events, changePassword }).session);
    await user.click(await screen.findByRole("button", { name: "Show older events" }));
    await screen.findByText("kind 1");
    await user.type(screen.getByLabelText("New password"), "four lamps in the cellar{Enter}");
    await screen.findByText("kind 4");
    const list = screen.getByRole("list", { name: "Security events" });
    const texts = within(list).getAllByText(/^kind/);
    expect(texts.map(({ textContent }) => textContent)).toEqual(["kind 4", "kind 3", "kind 2", "kind 1"]);
    expect(screen.queryByRole("button", { name: "Show older events" })).toBeNull();
  });

  it("takes a session that was over already for ended", async () => {
    let devices = [device("curl")];
    const endSession = () => {
      devices = [];
      return Promise.reject(refusal(404, "session_not_found"));
    };
    const sessions = () => Promise.resolve(devices);
    const { user } = shows("account", scripted(authenticated, { sessions, endSession }).session);
    await user.click(await screen.findByRole("button", { name: "End session on curl" }));
    expect(await screen.findByText("The session on curl has ended.")).toBeTruthy();
    await waitFor(() => expect(screen.queryByText("curl")).toBeNull());
  });

  it("shows that a program's name is cut", async () => {
    const name = "AnExtremelyLongUserAgentWithoutA";
    const devices = [{ ...device(name), user_agent: `${name}nySpace/1.0` }];
    shows("account", scripted(authenticated, { sessions: () => Promise.resolve(devices) }).session);
    expect(await screen.findByText(`${name}…`)).toBeTruthy();
  });

  it("calls what happens to a practice family practice, and no alarm", async () => {
    const ofFamily = (id: number, kind: string, session_id: string) => ({ ...event(id, kind), session_id });
    const events = [
      ofFamily(9, "reuse_detected", "practice"),
      ...Array.from({ length: 8 }, (_, at) => event(20 + at)),
      ofFamily(2, "practice_began", "practice"),
      ofFamily(1, "reuse_detected", "real"),
    ];
    const { user } = shows("account", scripted(authenticated, { events: () => Promise.resolve({ events }) }).session);
    const practice = await screen.findByText("Practice: an old key was shown, so the session was ended");
    expect(practice.closest("li")?.className).toBe("row plain");
    await user.click(screen.getByRole("button", { name: "Show older events" }));
    const real = await screen.findByText("An old key was shown, so the session was ended");
    expect(real.closest("li")?.className).toBe("row alarm");
  });

  it("asks before it logs out everywhere", async () => {
    const logoutAll = vi.fn(() => Promise.resolve(3));
    const { user } = shows("account", scripted(authenticated, { logoutAll }).session);
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
    const { user } = shows("account", scripted(authenticated, { events }).session);
    const list = await screen.findByRole("list", { name: "Security events" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Show older events" }));
    await waitFor(() => expect(within(list).getAllByRole("listitem")).toHaveLength(3));
    expect(events.mock.lastCall?.[0]?.before).toBe("2");
    expect(screen.queryByRole("button", { name: "Show older events" })).toBeNull();
  });

  it("changes the password, and says at the field that the present one is wrong", async () => {
    const changePassword = vi.fn(() => Promise.reject(refusal(403, "invalid_credentials")));
    const { user } = shows("account", scripted(authenticated, { changePassword }).session);
    await user.type(screen.getByLabelText("Current password"), "wrong");
    await user.type(screen.getByLabelText("New password"), "four lamps in the cellar");
    await user.click(screen.getByRole("button", { name: "Change password" }));
    expect(await screen.findByText("Current password is not the right one.")).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText("Current password"));
    changePassword.mockImplementation((() => Promise.resolve()) as never);
    await user.click(screen.getByRole("button", { name: "Change password" }));
    expect(await screen.findByText(/Your password is changed/)).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("");
  });

  it("tells every kind of event in words, and a newer server's too", () => {
    const kindsOfTheServer = readFileSync("../../src/domain/event.rs", "utf8");
    const kinds = [...kindsOfTheServer.matchAll(/Self::\w+(?: \{ \.\. \})? => "(\w+)"/g)].map(([, kind = ""]) => kind);
    expect(kinds.length).toBeGreaterThan(12);
    expect(kinds.filter((kind) => tell({ kind, detail: {} }).text === kind.replaceAll("_", " "))).toEqual([]);
    expect(tell({ kind: "reuse_detected", detail: {} }).weight).toBe("alarm");
    expect(tell({ kind: "session_revoked", detail: { reason: "limit" } }).text).toMatch(/oldest/);
    expect(tell({ kind: "session_revoked", detail: { reason: "moon" } }).text).toBe("A session was ended");
    expect(tell({ kind: "passkey_added", detail: {} }).text).toBe("passkey added");
  });
});
