import type { SessionState } from "./types.js";

export interface Store {
  get: () => SessionState;
  /** Keeps the same object, and calls no listener, if nothing in it changes. */
  set: (next: SessionState) => void;
  subscribe: (listener: (state: SessionState) => void) => () => void;
}

export function createStore(initial: SessionState): Store {
  let state = initial;
  const listeners = new Set<(state: SessionState) => void>();
  return {
    get: () => state,
    set(next) {
      if (JSON.stringify(state) === JSON.stringify(next)) return;
      state = next;
      for (const listener of [...listeners]) {
        try {
          listener(next);
        } catch (error) {
          // The page reports the error of its listener. It must not interrupt a refresh.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
