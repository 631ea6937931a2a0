import type { SessionState } from "./types.js";

export interface Store {
  get: () => SessionState;
  set: (next: SessionState) => void;
  subscribe: (listener: (state: SessionState) => void) => () => void;
}

export function storeOf(initial: SessionState): Store {
  let state = initial;
  const listeners = new Set<(state: SessionState) => void>();
  return {
    get: () => state,
    set(next) {
      state = next;
      for (const listener of [...listeners]) {
        try {
          listener(next);
        } catch (error) {
          // A listener's fault is the page's to report, and must not stop a refresh half-way.
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
