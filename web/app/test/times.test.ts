import { describe, expect, it } from "vitest";
import { ago } from "../src/ui/times.js";

const now = Date.parse("2026-01-02T12:00:00Z");
const before = (seconds: number) => ago(new Date(now - seconds * 1000).toISOString(), now);

describe("How long ago something was", () => {
  it.each([
    [0, "just now"],
    [59, "just now"],
    [60, "1 minute ago"],
    [59.8 * 60, "59 minutes ago"],
    [119 * 60, "1 hour ago"],
    [23.9 * 3600, "23 hours ago"],
    [47 * 3600, "yesterday"],
    [49 * 3600, "2 days ago"],
  ])("is never more than it was: %f s", (seconds, text) => expect(before(seconds)).toBe(text));

  it("is now at the latest, on a device whose clock is slow", () => expect(before(-600)).toBe("just now"));
});
