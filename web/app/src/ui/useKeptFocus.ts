import { useEffect, useRef } from "react";
import type { RefObject } from "react";

/** For what takes the focus when the thing that had it has gone, after `change` has changed. */
export function useKeptFocus<T extends HTMLElement>(change: unknown): RefObject<T | null> {
  const heir = useRef<T>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heir.current?.focus({ preventScroll: true });
  }, [change]);
  return heir;
}
