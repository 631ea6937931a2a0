import type { Device, EventsPage } from "@heirloom/client";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { authenticated, fakeSession, info, problem, renderApp } from "./support/renderApp.js";

type SecurityEvent = EventsPage["events"][number];

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

const device = (id: string, more: Partial<Device> = {}): Device => ({
  id,
  current: false,
  device: "Firefox on Linux",
  created_at: "2026-01-02T03:04:00Z",
  last_used_at: minutesAgo(90),
  expires_at: "2026-02-01T00:00:00Z",
  ip: "192.0.2.7",
  user_agent: "Mozilla/5.0 Firefox/140.0",
  ...more,
});

const event = (
  id: string,
  kind: string,
  session_id: string | null,
  more: Partial<SecurityEvent> = {},
): SecurityEvent => ({
  id,
  at: minutesAgo(60),
  kind,
  session_id,
  ip: "192.0.2.7",
  user_agent: "Mozilla/5.0 Firefox/140.0",
  device: "Firefox on Linux",
  detail: {},
  ...more,
});

const region = (name: string) => screen.getByRole("region", { name });

function openAccount(devices: Device[], events: SecurityEvent[] = [], overrides = {}) {
  const own = { sessions: () => Promise.resolve(devices), events: () => Promise.resolve({ events }) };
  return renderApp("account", fakeSession(authenticated, { ...own, ...overrides }).session);
}

describe("field: two devices of one kind", () => {
  it("differ by their login, their expiry and their session, and so do the buttons", async () => {
    const other = { created_at: "2026-01-20T10:00:00Z", expires_at: "2026-02-19T10:00:00Z" };
    openAccount([device("session-7f3a"), device("session-09bc", other)]);
    const items = await within(region("Devices")).findAllByRole("listitem");
    expect(items.map(({ textContent }) => textContent)).toEqual([
      expect.stringMatching(/Session 09bc.*Logged in 20 January 2026.* Expires by 19 February 2026/),
      expect.stringMatching(/Session 7f3a.*Logged in 2 January 2026.* Expires by 1 February 2026/),
    ]);
    const names = within(region("Devices")).getAllByRole("button", { name: /^Log out Firefox on Linux, session/ });
    expect(names.map((button) => button.getAttribute("aria-label"))).toEqual([
      "Log out Firefox on Linux, session 09bc",
      "Log out Firefox on Linux, session 7f3a",
    ]);
  });

  it("are listed by their last use, this device first", async () => {
    const devices = [3, 1, 2].map((days) => device(`id-${days}`, { last_used_at: minutesAgo(days * 1440) }));
    openAccount([...devices, device("own", { current: true, last_used_at: minutesAgo(9000) })]);
    const items = await within(region("Devices")).findAllByRole("listitem");
    expect(items.map(({ textContent }) => /Session (\S+?)Logged/.exec(textContent)?.[1])).toEqual([
      "own",
      "id-1",
      "id-2",
      "id-3",
    ]);
  });
});

describe("field: the last use of a device", () => {
  it("is not before its login, although the server returns it to the hour", async () => {
    const [created_at, last_used_at] = [minutesAgo(20), minutesAgo(55)];
    openAccount([device("one", { created_at, last_used_at }), device("two", { last_used_at })]);
    const items = await within(region("Devices")).findAllByRole("listitem");
    const used = items.map(({ textContent }) => /Last used ([^·]+) ·/.exec(textContent)?.[1]);
    expect(used).toEqual(["20 minutes ago", "55 minutes ago"]);
  });
});

describe("field: an event", () => {
  it("names its browser, its address and its session", async () => {
    openAccount(
      [],
      [
        event("4", "login_succeeded", info.id),
        event("3", "session_revoked", "session-7f3a", { device: "Safari on iPhone", ip: "203.0.113.9" }),
        event("2", "login_failed", null, { user_agent: null, ip: null, device: "Unknown device" }),
        event("1", "account_enabled", null, { user_agent: null, ip: null, detail: { by: "cli" } }),
      ],
    );
    const items = within(await screen.findByRole("list", { name: "Security events" })).getAllByRole("listitem");
    expect(items.map(({ textContent }) => textContent)).toEqual([
      "Logged in1 hour ago · Firefox on Linux · 192.0.2.7 · Session 0002 (this device)",
      "A session was revoked1 hour ago · Safari on iPhone · 203.0.113.9 · Session 7f3a",
      "Login failed: wrong password1 hour ago",
      "The account was enabled1 hour ago · by the operator",
    ]);
  });
});

describe("field: all other devices", () => {
  it("are logged out together, also one that logs in meanwhile and one whose session has ended", async () => {
    let devices = [device("own", { current: true }), device("one"), device("two")];
    const endSession = vi.fn((id: string) => {
      devices = devices.filter((device) => device.id !== id);
      if (id === "one") devices.push(device("new"));
      return id === "two" ? Promise.reject(problem(404, "session_not_found")) : Promise.resolve();
    });
    const { user } = openAccount([], [], { sessions: () => Promise.resolve(devices), endSession });
    await user.click(await screen.findByRole("button", { name: "Log out all other devices" }));
    const dialog = screen.getByRole("dialog", { name: "Log out all other devices?" });
    expect(dialog.textContent).toContain("This logs out 2 other devices. This device stays logged in.");
    await user.click(within(dialog).getByRole("button", { name: "Log out all other devices" }));
    await screen.findByText("All other devices are logged out.");
    expect(endSession.mock.calls.map(([id]) => id)).toEqual(["one", "two", "new"]);
    await waitFor(() => expect(within(region("Devices")).getAllByRole("listitem")).toHaveLength(1));
    expect(screen.queryByRole("button", { name: "Log out all other devices" })).toBeNull();
  });

  it("stay listed if that fails, and the dialog says why", async () => {
    const endSession = () => Promise.reject(new TypeError("fetch failed"));
    const { user } = openAccount([device("own", { current: true }), device("one")], [], { endSession });
    await user.click(await screen.findByRole("button", { name: "Log out all other devices" }));
    const dialog = screen.getByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Log out all other devices" }));
    expect((await within(dialog).findByRole("alert")).textContent).toMatch(/^Cannot reach Heirloom/);
    expect(within(region("Devices")).getAllByRole("listitem")).toHaveLength(2);
  });
});

describe("field: after a theft", () => {
  const theft = event("5", "reuse_detected", "stolen", { ip: "203.0.113.9", device: "curl", user_agent: "curl/8" });
  const login = event("3", "login_succeeded", "stolen", { device: "Safari on iPhone" });
  const title = "Someone may have copied one of your sessions";

  it("the account page says what to do", async () => {
    const { user } = openAccount([], [theft, login]);
    const heading = await screen.findByRole("heading", { name: title });
    const banner = heading.closest("section") as HTMLElement;
    expect(banner.textContent).toMatch(/the session on Safari on iPhone was used again/);
    expect(within(banner).getAllByRole("listitem")).toHaveLength(3);
    await user.click(within(banner).getByRole("button", { name: "Change your password" }));
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Password" }));
    await user.click(within(banner).getByRole("button", { name: "Hide this message" }));
    expect(screen.queryByText(title)).toBeNull();
  });

  it.each([
    ["the password was changed", [event("6", "password_changed", null), theft, login]],
    ["it happened in a sandbox", [theft, event("4", "practice_began", "stolen")]],
    ["it is long ago", [{ ...theft, at: minutesAgo(31 * 1440) }, login]],
    ["there was none", [login]],
  ])("it says nothing if %s", async (_, events) => {
    openAccount([], events);
    await screen.findByRole("list", { name: "Security events" });
    expect(screen.queryByText(title)).toBeNull();
  });

  it("it says so again after an older password change", async () => {
    openAccount([], [theft, event("4", "password_changed", null), login]);
    expect(await screen.findByText(title)).toBeTruthy();
  });
});

describe("field: a phone", () => {
  it("has links to the sections", async () => {
    const { user } = openAccount([]);
    const links = within(screen.getByRole("navigation", { name: "Sections" })).getAllByRole("link");
    expect(links.map(({ textContent }) => textContent)).toEqual(["Devices", "Activity", "Password", "Delete account"]);
    const scrolled = vi.fn();
    Element.prototype.scrollIntoView = function () {
      scrolled(this.id);
    };
    await user.click(screen.getByRole("link", { name: "Activity" }));
    expect(scrolled).toHaveBeenCalledExactlyOnceWith("activity");
    expect(document.activeElement?.textContent).toBe("Recent security activity");
    expect(location.hash).toBe("");
  });

  it("folds a list of fifteen devices", async () => {
    const devices = Array.from({ length: 15 }, (_, at) => device(`id-${at}`, { current: at === 14 }));
    const { user } = openAccount(devices);
    const list = within(region("Devices"));
    expect(await list.findAllByRole("listitem")).toHaveLength(5);
    expect(list.getByText("This device")).toBeTruthy();
    const button = list.getByRole("button", { name: "Show all 15 devices", expanded: false });
    await user.click(button);
    expect(list.getAllByRole("listitem")).toHaveLength(15);
    await user.click(list.getByRole("button", { name: "Show fewer devices", expanded: true }));
    expect(list.getAllByRole("listitem")).toHaveLength(5);
  });
});
