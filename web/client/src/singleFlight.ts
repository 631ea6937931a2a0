export interface SingleFlight {
  /** Starts the work, or joins the work in flight. */
  run: () => Promise<void>;
  /** Resolves for everyone who waits, while the work goes on. */
  resolve: () => void;
  /** Aborts the signal of the work in flight. The next `run` starts new work. */
  cancel: () => void;
}

/** Runs `work` once at a time. Concurrent callers share it. */
export function createSingleFlight(work: (signal: AbortSignal) => Promise<void>): SingleFlight {
  let flight: Promise<void> | undefined;
  let controller: AbortController | undefined;
  let resolve: (() => void) | undefined;
  return {
    run: () =>
      (flight ??= new Promise((settle, reject) => {
        const { signal } = (controller = new AbortController());
        resolve = settle;
        work(signal)
          .finally(() => {
            if (!signal.aborted) flight = undefined;
          })
          .then(settle, reject);
      })),
    resolve: () => resolve?.(),
    cancel() {
      controller?.abort();
      flight = undefined;
    },
  };
}
