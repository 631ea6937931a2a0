import { describe, expect, it } from "vitest";
import { formatRelative } from "../src/ui/formatTime.js";

const now = Date.parse("2026-01-02T12:00:00Z");
const secondsAgo = (seconds: number) => formatRelative(new Date(now - seconds * 1000).toISOString(), now);

describe("A relative time", () => {
  it.each([
    [0, "just now"],
    [59, "just now"],
    [60, "1 minute ago"],
    [59.8 * 60, "59 minutes ago"],
    [119 * 60, "1 hour ago"],
    [23.9 * 3600, "23 hours ago"],
    [47 * 3600, "yesterday"],
    [49 * 3600, "2 days ago"],
  ])("rounds down: %f s", (seconds, text) => expect(secondsAgo(seconds)).toBe(text));

  it("in the future is 'just now', because the clock may be slow", () => expect(secondsAgo(-600)).toBe("just now"));
});
