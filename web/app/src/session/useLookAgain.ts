import { useEffect } from "react";

/** The events of one return come together. */
const TOGETHER = 300;

/** Calls `look` when the user returns to the page: by focus, by another tab, or by the browser's back or forward button. */
export function useLookAgain(look: () => void): void {
  useEffect(() => {
    let last = -TOGETHER;
    const onReturn = () => {
      if (document.visibilityState === "hidden" || performance.now() - last < TOGETHER) return;
      last = performance.now();
      look();
    };
    /** The browser may restore a page as it was left, without a request. */
    const onPageShow = ({ persisted }: PageTransitionEvent) => {
      if (persisted) onReturn();
    };
    addEventListener("focus", onReturn);
    document.addEventListener("visibilitychange", onReturn);
    addEventListener("pageshow", onPageShow);
    return () => {
      removeEventListener("focus", onReturn);
      document.removeEventListener("visibilitychange", onReturn);
      removeEventListener("pageshow", onPageShow);
    };
  }, [look]);
}
