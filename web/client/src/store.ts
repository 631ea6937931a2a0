import type { SessionState } from "./types.js";

export interface Store {
  get: () => SessionState;
  /** Keeps the object there is, and tells nobody, if nothing in it changes. */
  set: (next: SessionState) => void;
  subscribe: (listener: (state: SessionState) => void) => () => void;
}

export function storeOf(initial: SessionState): Store {
  let state = initial;
  const listeners = new Set<(state: SessionState) => void>();
  return {
    get: () => state,
    set(next) {
      if (isSame(state, next)) return;
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

function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
