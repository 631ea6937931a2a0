import type { SessionState } from "@heirloom/client";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { anonymous, authenticated, scripted, shows } from "./support/world.js";

const pages: [string, SessionState][] = [
  ["login", anonymous()],
  ["register", anonymous()],
  ["account", authenticated],
  ["account", anonymous("reused")],
  ["account", { status: "unreachable" }],
  ["family", authenticated],
  ["nowhere", authenticated],
];

// Colours and sizes are judged in a real browser, by the tests in web/e2e.
describe("What assistive technology sees", () => {
  it.each(pages)("has no fault: %s, %o", async (address, state) => {
    const { findByRole } = shows(address, scripted(state).session);
    await findByRole("heading", { level: 1 });
    const { violations } = await axe.run(document.documentElement, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
