import type { EventsPage } from "@heirloom/client";
import { screen, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { authenticated, fakeSession, renderApp } from "./support/renderApp.js";

type SecurityEvent = EventsPage["events"][number];

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
/** Several pages of the log are loaded one after the other. */
const SOON = { timeout: 4_000 };
const title = "Someone may have copied one of your sessions";

let ids = 0;
const event = (minutes: number, kind: string, session_id: string | null = null, device = "Firefox on Linux") =>
  ({
    id: `event-${++ids}`,
    at: minutesAgo(minutes),
    kind,
    session_id,
    ip: "192.0.2.7",
    user_agent: "Mozilla/5.0",
    device,
    detail: {},
  }) satisfies SecurityEvent;

const guesses = (count: number, minutes: number) => Array.from({ length: count }, () => event(minutes, "login_failed"));

/** A log that the server returns in pages. */
function pagedLog(events: SecurityEvent[]) {
  return vi.fn(({ limit = 50, before }: { limit?: number; before?: string } = {}) => {
    const start = before ? events.findIndex(({ id }) => id === before) + 1 : 0;
    const page = events.slice(start, start + limit);
    const last = page.at(-1);
    return Promise.resolve({ events: page, ...(last && start + limit < events.length && { next: last.id }) });
  });
}

function open(page: string, log: SecurityEvent[] | ReturnType<typeof pagedLog>) {
  const events = typeof log === "function" ? log : pagedLog(log);
  const fetch = () => Promise.resolve(new Response(null, { status: 404 }));
  return { events, ...renderApp(page, fakeSession(authenticated, { events, fetch }).session) };
}

describe("field: the warning after a theft", () => {
  const theft = event(600, "reuse_detected", "stolen", "curl");
  const login = event(2000, "login_succeeded", "stolen", "Safari on iPhone");

  it("is found behind hundreds of wrong passwords, which do not fill the list", async () => {
    const { events } = open("account", [...guesses(480, 60), theft, ...guesses(80, 1000), login]);
    const banner = (await screen.findByRole("heading", { name: title }, SOON)).closest("section") as HTMLElement;
    expect(banner.textContent).toContain("the session on Safari on iPhone");
    expect(events.mock.calls.map(([page]) => page?.limit)).toEqual([50, 200, 200, 200]);
    const list = screen.getByRole("list", { name: "Security events" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(8);
  });

  it.each([
    ["the password has changed since", [...guesses(60, 60), event(90, "password_reset"), theft, login]],
    [
      "it was a sandbox, whose start is on the next page",
      [theft, ...guesses(70, 601), event(605, "practice_began", "stolen")],
    ],
    ["it is more than 30 days old", [...guesses(60, 60), { ...theft, at: minutesAgo(31 * 1440) }, login]],
  ])("is not given if %s", async (_, log) => {
    const { events } = open("account", log);
    await vi.waitFor(() => expect(events).toHaveBeenCalledTimes(2), SOON);
    await screen.findByRole("list", { name: "Security events" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(screen.queryByText(title)).toBeNull();
    expect(events).toHaveBeenCalledTimes(2);
  });

  it("looks at no more than 2,000 events", async () => {
    const { events } = open("account", [...guesses(3000, 60), theft, login]);
    await vi.waitFor(() => expect(events).toHaveBeenCalledTimes(11), SOON);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toHaveBeenCalledTimes(11);
  });

  it("does not end when a page fails to load: the next look goes on", async () => {
    const load = pagedLog([...guesses(60, 60), theft, login]);
    const fail = vi.fn((page?: { limit?: number; before?: string }) =>
      page?.before && fail.mock.calls.length === 2 ? Promise.reject(new TypeError("fetch failed")) : load(page),
    );
    open("account", fail);
    await vi.waitFor(() => expect(fail).toHaveBeenCalledTimes(2), SOON);
    expect(screen.queryByText(title)).toBeNull();
    window.dispatchEvent(new Event("focus"));
    await screen.findByRole("heading", { name: title }, SOON);
  });

  it("is on each page, and leads to the new password", async () => {
    const { user } = open("family", [theft, login]);
    await user.click(await screen.findByRole("button", { name: "Change your password" }));
    expect(location.pathname).toBe("/app/account");
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Password" }));
  });

  it("stays hidden after a reload, until the next theft", async () => {
    const first = open("account", [theft, login]);
    await first.user.click(await screen.findByRole("button", { name: "Hide this message" }));
    first.unmount();
    const again = open("account", [theft, login]);
    await screen.findByRole("list", { name: "Security events" });
    expect(screen.queryByText(title)).toBeNull();
    again.unmount();
    open("account", [event(5, "reuse_detected", "other"), theft, login]);
    await screen.findByRole("heading", { name: title }, SOON);
  });
});
