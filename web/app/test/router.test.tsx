import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Link, RouterProvider, useRouter } from "../src/router.js";

function CurrentPage() {
  const { route } = useRouter();
  return <p role="status">{route.page}</p>;
}

function renderRouter(base: string) {
  history.replaceState(null, "", `${base}one`);
  render(
    <RouterProvider base={base}>
      <Link to="two?x=1">two</Link>
      <CurrentPage />
    </RouterProvider>,
  );
  return { link: screen.getByRole<HTMLAnchorElement>("link"), page: () => screen.getByRole("status").textContent };
}

describe("The router", () => {
  it.each(["/app/", "/auth/app/"])("finds its pages below the base %s", (base) => {
    const { link, page } = renderRouter(base);
    expect(page()).toBe("one");
    expect(link.getAttribute("href")).toBe(`${base}two?x=1`);
    fireEvent.click(link);
    expect(page()).toBe("two");
    expect(location.pathname + location.search).toBe(`${base}two?x=1`);
  });

  it("leaves new tabs and windows to the browser", () => {
    const { link, page } = renderRouter("/app/");
    // jsdom cannot navigate.
    addEventListener("click", (event) => event.preventDefault());
    for (const options of [{ ctrlKey: true }, { metaKey: true }, { shiftKey: true }, { button: 1 }]) {
      fireEvent.click(link, options);
      expect(page()).toBe("one");
    }
  });
});
