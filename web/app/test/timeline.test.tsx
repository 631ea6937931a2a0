import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { Timeline } from "../src/family/Timeline.js";
import { view } from "./support/family.js";

const items = () => screen.getAllByRole("listitem").map((item) => item.textContent);

describe("The time line", () => {
  it("says of each generation what it is", () => {
    render(<Timeline view={view(3, 2)} label="Generations" />);
    expect(items()).toEqual([
      "Generation 1, spent, confirmed",
      "Generation 2, spent, confirmed",
      "Generation 3, newest",
    ]);
  });

  it("draws the first and the last ones of a long family", () => {
    render(<Timeline view={view(9000, 9000)} label="Generations" />);
    expect(items()).toHaveLength(7);
    expect(items()[1]).toMatch(/8993 more, all spent\. Generation 8995, spent/);
  });

  it("tells a lost answer, and the theft that ended it all", () => {
    const { rerender } = render(<Timeline view={view(2, 1)} label="Generations" lost={2} />);
    expect(items()[1]).toBe("Generation 2, answer lost");
    rerender(<Timeline view={view(3, 3, "reuse")} label="Generations" stolen={1} />);
    expect(items()).toEqual([
      "Generation 1, shown again, confirmed",
      "Generation 2, spent, confirmed",
      "Generation 3, dead, confirmed",
      "ended: theft",
    ]);
  });

  it("calls no theft what may have been one more lost answer", () => {
    render(<Timeline view={view(3, 2, "reuse")} label="Generations" stolen={2} />);
    expect(items().at(-1)).toBe("ended: taken for theft");
  });

  it("lets spent generations be shown again, and no other", () => {
    const onShow = vi.fn();
    render(<Timeline view={view(3, 3)} label="Generations" overlapLeft={7} onShow={onShow} />);
    expect(screen.getAllByRole("button").map((button) => button.getAttribute("aria-label"))).toEqual([
      "Generation 1: show it again",
      "Generation 2: show it again",
    ]);
    screen.getByRole("button", { name: "Generation 2: show it again" }).click();
    expect(onShow).toHaveBeenCalledExactlyOnceWith(2);
    expect(screen.getByText("overlap: 7 s")).toBeTruthy();
  });
});
