export interface SingleFlight {
  /** Starts the work, or joins the work in flight. */
  run: () => Promise<void>;
  /** Resolves for everyone who waits, while the work goes on. */
  settle: () => void;
  /** Aborts the signal of the work in flight. The next `run` starts new work. */
  cancel: () => void;
}

/** Runs `work` once at a time. Concurrent callers share it. */
export function createSingleFlight(work: (signal: AbortSignal) => Promise<void>): SingleFlight {
  let flight: Promise<void> | undefined;
  let controller: AbortController | undefined;
  let settle: (() => void) | undefined;
  return {
    run: () =>
      (flight ??= new Promise((resolve, reject) => {
        const { signal } = (controller = new AbortController());
        settle = resolve;
        work(signal)
          .finally(() => {
            if (!signal.aborted) flight = undefined;
          })
          .then(resolve, reject);
      })),
    settle: () => settle?.(),
    cancel() {
      controller?.abort();
      flight = undefined;
    },
  };
}
