import { ProblemError } from "./problem.js";

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 30_000;
/** Short enough for the second try to come within the server's overlap, in which it answers both alike. */
const FIRST_TIMEOUT = 6_000;
const PATIENCE = 15_000;
/** What Heirloom can ask for at most; browsers take a timer of more than 24 days for one of none. */
const LONGEST_WAIT = 3_600_000;

/** Whether the answer was lost on its way, so that it is unknown what the server did. */
function isLost(error: unknown): boolean {
  return !(error instanceof ProblemError) || (error.status >= 502 && error.status <= 504);
}

/** How long to wait after failure number `attempt`: twice as long each time, and never in step with other tabs. */
export function pauseAfter(attempt: number, error: unknown): number {
  const pause = Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE);
  const asked = error instanceof ProblemError ? (error.retryAfter ?? 0) * 1000 : 0;
  return Math.max(Math.min(asked, LONGEST_WAIT), pause / 2) + (Math.random() * pause) / 2;
}

/** Waits so long, or until one of the signals is aborted. */
export function sleep(milliseconds: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    for (const signal of signals) signal?.addEventListener("abort", done);
  });
}

/** What `promise` comes to, unless `signal` is aborted before. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** What `work` comes to within so long, and before `outer` is aborted. Its own signal is aborted in the end. */
async function within<T>(time: number, work: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
  const inner = new AbortController();
  const { signal } = inner;
  void sleep(time, signal, outer).then(() =>
    inner.abort(outer?.reason ?? new Error("Heirloom did not answer in time.")),
  );
  try {
    return await unlessAborted(work(signal), signal);
  } finally {
    inner.abort();
  }
}

/** What `promise` comes to, for one who waits no longer than somebody at a screen does. What is done for it goes on. */
export function soon<T>(promise: Promise<T>): Promise<T> {
  return within(PATIENCE, () => promise);
}

/**
 * What `ask` answers, asked up to `tries` times while answers get lost. A try that hangs counts as lost too. Once
 * `signal` is aborted it throws without another try.
 */
export async function untilAnswered<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
  tries = 5,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await within(FIRST_TIMEOUT << (attempt / 2), ask, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const pause = pauseAfter(attempt, error);
      if (!isLost(error) || attempt + 1 >= tries || pause > FIRST_TIMEOUT) throw error;
      await sleep(pause, signal);
    }
  }
}
