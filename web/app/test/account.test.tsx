import { readFileSync } from "node:fs";
import type { Device, EventsPage } from "@heirloom/client";
import { screen, waitFor, within } from "@testing-library/react";
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
