import type { RequestOptions } from "./types.js";

export function ignore() {}

const CALLER_TIMEOUT = 15_000;

/** Resolves after this time, or as soon as one of the signals is aborted. */
export function sleep(milliseconds: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    for (const signal of signals) signal?.addEventListener("abort", done);
  });
}

/** Settles as `promise` does, or rejects as soon as `signal` is aborted. */
export function abortable<T>(promise: Promise<T>, { signal }: RequestOptions = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", abort));
  });
}

/** Settles as `work` does, or rejects after this time or when `outer` is aborted. Then it aborts the signal of `work`. */
export function withTimeout<T>(
  milliseconds: number,
  work: (call: AbortController) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const inner = new AbortController();
  const { signal } = inner;
  void sleep(milliseconds, signal, outer).then(() =>
    inner.abort(outer?.reason ?? new Error("Heirloom did not respond in time.")),
  );
  return abortable(work(inner), inner).finally(() => inner.abort());
}

/** Limits how long a caller waits for `promise`. The work behind it goes on. */
export function withCallerTimeout<T>(promise: Promise<T>): Promise<T> {
  return withTimeout(CALLER_TIMEOUT, () => promise);
}
