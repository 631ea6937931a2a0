import { useEffect, useRef } from "react";
import type { RefObject } from "react";

/** Returns a ref for the element that gets the focus if a new `change` has removed the focused element. */
export function useFocusFallback<T extends HTMLElement>(change: unknown): RefObject<T | null> {
  const fallback = useRef<T>(null);
  const focused = useRef<Element | null>(null);
  useEffect(() => {
    const onFocusIn = ({ target }: FocusEvent) => (focused.current = target as Element);
    // An element may lose the focus just before it is removed, so this checks a moment later.
    const onFocusOut = ({ target }: FocusEvent) =>
      queueMicrotask(() => {
        if (focused.current === target && focused.current?.isConnected) focused.current = document.activeElement;
      });
    addEventListener("focusin", onFocusIn);
    addEventListener("focusout", onFocusOut);
    return () => {
      removeEventListener("focusin", onFocusIn);
      removeEventListener("focusout", onFocusOut);
    };
  }, []);
  useEffect(() => {
    const isRemoved = focused.current?.isConnected === false;
    if (isRemoved && document.activeElement === document.body) fallback.current?.focus({ preventScroll: true });
  }, [change]);
  return fallback;
}
