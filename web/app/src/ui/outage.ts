import { createContext, useContext, useEffect, useSyncExternalStore } from "react";

/** What a page failed to load because Heirloom does not respond. It is loaded again until that succeeds. */
export interface Outage {
  readonly isDown: () => boolean;
  readonly subscribe: (listener: () => void) => () => void;
  /** `retry` is called again and again, until the returned function is called. */
  readonly add: (retry: () => void) => () => void;
  readonly retryNow: () => void;
  /** Starts to listen to the network. Returns a function that stops it. */
  readonly connect: () => () => void;
}

const FIRST_DELAY = 2_000;
const MAX_DELAY = 30_000;

export function createOutage(): Outage {
  const listeners = new Set<() => void>();
  const retries = new Set<() => void>();
  let delay = FIRST_DELAY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const notify = () => listeners.forEach((listener) => listener());
  const retryAll = () => [...retries].forEach((retry) => retry());
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    delay = FIRST_DELAY;
  };
  const schedule = () => {
    timer = setTimeout(() => {
      // A hidden page sends no requests. Otherwise it would keep its session alive without a user.
      if (document.visibilityState === "visible") retryAll();
      delay = Math.min(delay * 2, MAX_DELAY);
      schedule();
    }, delay);
  };

  return {
    isDown: () => retries.size > 0,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(retry) {
      retries.add(retry);
      if (timer === undefined) schedule();
      notify();
      return () => {
        retries.delete(retry);
        if (retries.size === 0) stop();
        notify();
      };
    },
    retryNow: retryAll,
    connect() {
      addEventListener("online", retryAll);
      return () => {
        stop();
        removeEventListener("online", retryAll);
      };
    },
  };
}

export const OutageContext = createContext(createOutage());

/** Whether something on the page could not be loaded. */
export function useIsDown(): boolean {
  const { isDown, subscribe } = useContext(OutageContext);
  return useSyncExternalStore(subscribe, isDown);
}

/** While `isDown`, calls `retry` again and again. */
export function useRetryWhileDown(isDown: boolean, retry: () => void): void {
  const outage = useContext(OutageContext);
  useEffect(() => (isDown ? outage.add(retry) : undefined), [outage, isDown, retry]);
}
