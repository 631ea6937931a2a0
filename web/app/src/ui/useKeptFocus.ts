import { useEffect, useRef } from "react";
import type { RefObject } from "react";

/** For what takes the focus when the thing that had it has gone, after `change` has changed. */
export function useKeptFocus<T extends HTMLElement>(change: unknown): RefObject<T | null> {
  const heir = useRef<T>(null);
  const holder = useRef<Element | null>(null);
  useEffect(() => {
    const onIn = ({ target }: FocusEvent) => (holder.current = target as Element);
    // Something that is taken away may lose the focus while it is still there, so it is looked at a moment later.
    const onOut = ({ target }: FocusEvent) =>
      queueMicrotask(() => {
        if (holder.current === target && holder.current?.isConnected) holder.current = document.activeElement;
      });
    addEventListener("focusin", onIn);
    addEventListener("focusout", onOut);
    return () => {
      removeEventListener("focusin", onIn);
      removeEventListener("focusout", onOut);
    };
  }, []);
  useEffect(() => {
    const hasGone = holder.current?.isConnected === false;
    if (hasGone && document.activeElement === document.body) heir.current?.focus({ preventScroll: true });
  }, [change]);
  return heir;
}
