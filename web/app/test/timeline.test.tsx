import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { Timeline } from "../src/family/Timeline.js";
import { familyAt } from "./support/family.js";

const items = () => screen.getAllByRole("listitem").map((item) => item.textContent);

describe("The timeline", () => {
  it("shows the state of each generation", () => {
    render(<Timeline family={familyAt(3, 2)} label="Generations" />);
    expect(items()).toEqual([
      "Generation 1, rotated, confirmed",
      "Generation 2, rotated, confirmed",
      "Generation 3, newest",
    ]);
  });

  it("shows the first and the latest generations of a long family", () => {
    render(<Timeline family={familyAt(9000, 9000)} label="Generations" />);
    expect(items()).toHaveLength(7);
    expect(items()[1]).toMatch(/8993 more, all rotated\. Generation 8995, rotated/);
  });

  it("shows a lost response, and the theft that revoked the family", () => {
    const { rerender } = render(<Timeline family={familyAt(2, 1)} label="Generations" lost={2} />);
    expect(items()[1]).toBe("Generation 2, response lost");
    rerender(<Timeline family={familyAt(3, 3, "reuse")} label="Generations" replayed={1} />);
    expect(items()).toEqual([
      "Generation 1, replayed, confirmed",
      "Generation 2, rotated, confirmed",
      "Generation 3, revoked, confirmed",
      "revoked: theft",
    ]);
  });

  it("does not call it theft if the response may have been lost", () => {
    render(<Timeline family={familyAt(3, 2, "reuse")} label="Generations" replayed={2} />);
    expect(items().at(-1)).toBe("revoked: treated as theft");
  });

  it("offers a replay of rotated generations only", () => {
    const onReplay = vi.fn();
    render(<Timeline family={familyAt(3, 3)} label="Generations" overlapRemaining={7} onReplay={onReplay} />);
    expect(screen.getAllByRole("button").map((button) => button.getAttribute("aria-label"))).toEqual([
      "Generation 1: present it again",
      "Generation 2: present it again",
    ]);
    screen.getByRole("button", { name: "Generation 2: present it again" }).click();
    expect(onReplay).toHaveBeenCalledExactlyOnceWith(2);
    expect(screen.getByText("overlap: 7 s")).toBeTruthy();
  });
});
