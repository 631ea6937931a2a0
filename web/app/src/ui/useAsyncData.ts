import { ProblemError } from "@heirloom/client";
import { useCallback, useEffect, useState } from "react";
import { toActionError } from "./actionError.js";
import type { ActionError } from "./actionError.js";
import { useRetryWhileDown } from "./outage.js";

export interface AsyncData<T> {
  readonly value: T | null;
  /** Null too while Heirloom does not respond: there is one message for the whole page. */
  readonly error: ActionError | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

interface Result<T> {
  readonly value: T | null;
  readonly error: ActionError | null;
  readonly isDown: boolean;
}

/**
 * Loads data, and loads it again after `reload`, when `version` changes, and until Heirloom responds. A late response never
 * replaces a newer one.
 */
export function useAsyncData<T>(load: () => Promise<T>, version = 0): AsyncData<T> {
  const [{ value, error, isDown }, setResult] = useState<Result<T>>({ value: null, error: null, isDown: false });
  const [isLoading, setIsLoading] = useState(true);
  const [round, setRound] = useState(0);
  const reload = useCallback(() => {
    setIsLoading(true);
    setRound((round) => round + 1);
  }, []);
  useEffect(() => {
    let isCurrent = true;
    load()
      .then(
        (value) => isCurrent && setResult({ value, error: null, isDown: false }),
        (error: unknown) => {
          const isDown = isOutage(error);
          if (isCurrent) setResult(({ value }) => ({ value, error: isDown ? null : toActionError(error), isDown }));
        },
      )
      .finally(() => isCurrent && setIsLoading(false));
    return () => {
      isCurrent = false;
    };
  }, [load, round, version]);
  useRetryWhileDown(isDown, reload);
  return { value, error, isLoading, reload };
}

/** Whether Heirloom, or a proxy in its place, has not handled the request. */
function isOutage(error: unknown): boolean {
  return !(error instanceof ProblemError) || (error.status >= 502 && error.status <= 504);
}
