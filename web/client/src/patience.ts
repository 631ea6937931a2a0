import { ProblemError } from "./problem.js";

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 30_000;
/** Short enough for the second try to come within the server's overlap, in which it answers both alike. */
const FIRST_TIMEOUT = 6_000;

/** Whether the answer was lost on its way, so that it is unknown what the server did. */
export function isLost(error: unknown): boolean {
  return !(error instanceof ProblemError) || (error.status >= 502 && error.status <= 504);
}

/** How long to wait after failure number `attempt`: twice as long each time, and never in step with other tabs. */
export function pauseAfter(attempt: number, error: unknown): number {
  const pause = Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE);
  const asked = error instanceof ProblemError ? (error.retryAfter ?? 0) * 1000 : 0;
  return Math.max(asked, pause / 2) + (Math.random() * pause) / 2;
}

/** Waits so long, or until one of the signals is aborted. */
export function sleep(milliseconds: number, ...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    for (const signal of signals) signal.addEventListener("abort", done);
  });
}

/** What `promise` comes to, unless `signal` is aborted before. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * What `ask` answers, asked up to `tries` times while answers get lost. A try that hangs counts as lost too. Once
 * `signal` is aborted it throws without another try.
 */
export async function untilAnswered<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  tries = 5,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const one = new AbortController();
    const stop = () => one.abort(signal.reason ?? new Error("Heirloom did not answer in time."));
    const timer = setTimeout(stop, FIRST_TIMEOUT * 2 ** attempt);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      return await unlessAborted(ask(one.signal), one.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isLost(error) || attempt + 1 >= tries) throw error;
      await sleep(pauseAfter(attempt, error), signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }
}
