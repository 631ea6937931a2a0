import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Link, RouterProvider, useRouter } from "../src/router.js";

function Place() {
  const { route } = useRouter();
  return <p role="status">{route.page}</p>;
}

function shows(base: string) {
  history.replaceState(null, "", `${base}one`);
  render(
    <RouterProvider base={base}>
      <Link to="two?x=1">two</Link>
      <Place />
    </RouterProvider>,
  );
  return { link: screen.getByRole<HTMLAnchorElement>("link"), page: () => screen.getByRole("status").textContent };
}

describe("The router", () => {
  it.each(["/app/", "/auth/app/"])("finds its pages below %s", (base) => {
    const { link, page } = shows(base);
    expect(page()).toBe("one");
    expect(link.getAttribute("href")).toBe(`${base}two?x=1`);
    fireEvent.click(link);
    expect(page()).toBe("two");
    expect(location.pathname + location.search).toBe(`${base}two?x=1`);
  });

  it("leaves new tabs and windows to the browser", () => {
    const { link, page } = shows("/app/");
    // jsdom goes nowhere.
    addEventListener("click", (event) => event.preventDefault());
    for (const how of [{ ctrlKey: true }, { metaKey: true }, { shiftKey: true }, { button: 1 }]) {
      fireEvent.click(link, how);
      expect(page()).toBe("one");
    }
  });
});
