import type { Device, SessionState } from "@heirloom/client";
import { act, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { alice, anonymous, authenticated, fakeSession, info, problem, renderApp } from "./support/renderApp.js";

const device = (name: string): Device => ({
  id: `00000000-0000-7000-8000-00000000${name.length}${name.length}${name.length}${name.length}`,
  current: false,
  device: name,
  created_at: "2026-01-01T00:00:00Z",
  last_used_at: "2026-01-01T00:00:00Z",
  expires_at: "2026-02-01T00:00:00Z",
  ip: "192.0.2.7",
  user_agent: null,
});

const pageShow = (persisted: boolean) => Object.assign(new Event("pageshow"), { persisted });

/** A server with this clock, in milliseconds ahead, and with or without documentation. */
function stubServer({ ahead = 0, hasDocs = true } = {}) {
  vi.stubGlobal("fetch", (url: URL) => {
    const headers = { date: new Date(Date.now() + ahead).toUTCString() };
    return Promise.resolve(new Response(null, { status: hasDocs && url.pathname === "/docs" ? 200 : 404, headers }));
  });
}

beforeEach(() => stubServer());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("field: a page looks again", () => {
  it.each([
    ["on focus", () => fireEvent(window, new Event("focus"))],
    ["when the tab is shown", () => fireEvent(document, new Event("visibilitychange"))],
    ["when the browser restores it", () => fireEvent(window, pageShow(true))],
  ])("%s: at the session and at the devices", async (_, comeBack) => {
    let devices = [device("curl")];
    const fake = fakeSession(authenticated, { sessions: () => Promise.resolve(devices) });
    const checked = vi.fn(() => {
      fake.setState(anonymous("revoked"));
      return Promise.reject(new TypeError());
    });
    renderApp("account", fake.session);
    await screen.findByText("curl");
    fake.session.fetch = () => Promise.resolve(new Response());
    devices = [...devices, device("Firefox on Linux")];
    comeBack();
    await screen.findByText("Firefox on Linux");
    fake.session.fetch = checked;
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
    comeBack();
    await screen.findByRole("heading", { level: 1, name: "Your session was revoked" });
    expect(checked).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });

  it("not when the page is loaded as usual, and once for the events of one return", async () => {
    const check = vi.fn(() => Promise.resolve(new Response()));
    renderApp("family", fakeSession(authenticated, { fetch: check }).session);
    await screen.findByRole("heading", { level: 1 });
    const before = check.mock.calls.length;
    fireEvent(window, pageShow(false));
    expect(check).toHaveBeenCalledTimes(before);
    fireEvent(document, new Event("visibilitychange"));
    fireEvent(window, new Event("focus"));
    expect(check).toHaveBeenCalledTimes(before + 1);
  });

  it.each([
    ["idle_expires_at", 0],
    ["expires_at", 0],
    ["idle_expires_at", 3_600_000],
    ["idle_expires_at", -3_600_000],
  ])("when %s comes by the server's clock, which is %d ms ahead", async (name, ahead) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    stubServer({ ahead });
    const expiry = new Date(Date.now() + ahead + 120_000).toISOString();
    const state: SessionState = { status: "authenticated", user: alice, session: { ...info, [name]: expiry } };
    const check = vi.fn(() => Promise.resolve(new Response()));
    const { session } = fakeSession(state, { fetch: check });
    renderApp("account", session);
    await act(() => vi.advanceTimersByTimeAsync(100));
    check.mockClear();
    await act(() => vi.advanceTimersByTimeAsync(119_000));
    expect(check).not.toHaveBeenCalled();
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(check).toHaveBeenCalledOnce();
    // Heirloom did not respond, or the session goes on for another reason.
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(check).toHaveBeenCalledTimes(2);
  });
});

describe("field: an outage", () => {
  it("has one message on the page, which goes by itself", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let isDown = true;
    const load = <T,>(value: T) => {
      return () => (isDown ? Promise.reject<T>(problem(503, "unavailable")) : Promise.resolve(value));
    };
    const overrides = { sessions: load([device("curl")]), events: load({ events: [] }) };
    renderApp("account", fakeSession(authenticated, overrides).session);
    await act(() => vi.advanceTimersByTimeAsync(0));
    const alerts = () => screen.queryAllByRole("alert").map(({ textContent }) => textContent);
    expect(alerts()).toEqual(["Cannot reach Heirloom. This page tries again by itself.Try again"]);
    await act(() => vi.advanceTimersByTimeAsync(2_500));
    expect(alerts()).toHaveLength(1);
    isDown = false;
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(alerts()).toEqual([]);
    expect(within(screen.getByRole("region", { name: "Devices" })).getByText("curl")).toBeTruthy();
  });

  it("keeps what was loaded, and does not cover an error of the request itself", async () => {
    let answer = () => Promise.resolve([device("curl")]);
    const { session } = fakeSession(authenticated, {
      sessions: () => answer(),
      fetch: () => new Promise(() => undefined),
    });
    renderApp("account", session);
    await screen.findByText("curl");
    answer = () => Promise.reject(new TypeError("fetch failed"));
    fireEvent(window, new Event("focus"));
    await screen.findByText("Cannot reach Heirloom. This page tries again by itself.");
    expect(screen.getByText("curl")).toBeTruthy();
    answer = () => Promise.reject(problem(429, "too_many_attempts", {}, 5));
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await within(screen.getByRole("region", { name: "Devices" })).findByText(/^Too many attempts/);
    await vi.waitFor(() => expect(screen.queryByText(/tries again by itself/)).toBeNull());
  });

  it("is over at once when the network is back", async () => {
    let isDown = true;
    const sessions = () => (isDown ? Promise.reject<Device[]>(new TypeError()) : Promise.resolve([device("curl")]));
    renderApp("account", fakeSession(authenticated, { sessions }).session);
    await screen.findByText(/tries again by itself/);
    isDown = false;
    fireEvent(window, new Event("online"));
    await screen.findByText("curl");
    await vi.waitFor(() => expect(screen.queryByText(/tries again by itself/)).toBeNull());
  });
});

describe("field: the footer", () => {
  it("links the documentation of a server that has it", async () => {
    renderApp("login", fakeSession(anonymous()).session);
    expect((await screen.findByRole("link", { name: "API documentation" })).getAttribute("href")).toBe("../docs");
  });

  it("has no such link with HEIRLOOM_DOCS=off", async () => {
    stubServer({ hasDocs: false });
    renderApp("login", fakeSession(anonymous()).session);
    await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
    expect(screen.getByText(/Served by Heirloom/).textContent?.trim()).toBe("Served by Heirloom.");
    expect(screen.queryByRole("link", { name: "API documentation" })).toBeNull();
  });
});
