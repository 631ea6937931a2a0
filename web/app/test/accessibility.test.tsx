import type { SessionState } from "@heirloom/client";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { anonymous, authenticated, fakeSession, renderApp } from "./support/renderApp.js";

const pages: [string, SessionState][] = [
  ["login", anonymous()],
  ["register", anonymous()],
  ["#/ticket?token=hlt_1", anonymous()],
  ["#/ticket?token=hlt_1", authenticated],
  ["account", authenticated],
  ["account", anonymous("reused")],
  ["account", { status: "unreachable" }],
  ["family", authenticated],
  ["nowhere", authenticated],
];

// The tests in web/e2e check colours and sizes in a real browser.
describe("Each page", () => {
  it.each(pages)("is accessible: %s, %o", async (path, state) => {
    const { findByRole } = renderApp(path, fakeSession(state).session);
    await findByRole("heading", { level: 1 });
    const { violations } = await axe.run(document.documentElement, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
