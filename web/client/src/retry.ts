import type { ProblemError } from "./problem.js";
import { sleep, withTimeout } from "./timeout.js";

const FIRST_DELAY = 200;
const MAX_DELAY = 30_000;
/** Short enough for the second attempt to fall within the server's overlap window. */
const FIRST_TIMEOUT = 6_000;
/** A limit for `Retry-After`: a browser fires a timer of more than 24 days at once. */
const MAX_RETRY_AFTER = 3_600_000;

/** Whether the response was lost, so it is unknown what the server did. */
function isLost(error: unknown): boolean {
  // An error of `fetch` has no status.
  const { status = 502 } = error as Partial<ProblemError>;
  return status >= 502 && status <= 504;
}

/** The delay after failure number `attempt`. It doubles each time, and its random part keeps tabs out of step. */
export function retryDelay(attempt: number, error: unknown): number {
  const delay = Math.min(FIRST_DELAY * 2 ** attempt, MAX_DELAY);
  const { retryAfter = 0 } = error as Partial<ProblemError>;
  return Math.max(Math.min(retryAfter * 1000, MAX_RETRY_AFTER), delay / 2) + (Math.random() * delay) / 2;
}

/**
 * Calls `send` up to `attempts` times while responses get lost. An attempt that times out counts as lost. Once `signal`
 * is aborted, it throws without another attempt.
 */
export async function retry<T>(
  send: (call: AbortController) => Promise<T>,
  signal?: AbortSignal,
  attempts = 5,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await withTimeout(FIRST_TIMEOUT << (attempt / 2), send, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const delay = retryDelay(attempt, error);
      if (!isLost(error) || attempt + 1 >= attempts || delay > FIRST_TIMEOUT) throw error;
      await sleep(delay, signal);
    }
  }
}
