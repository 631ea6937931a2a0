import { useCallback, useEffect, useState } from "react";
import { toActionError } from "./actionError.js";

export interface AsyncData<T> {
  readonly value: T | null;
  readonly error: string | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * Loads data, and loads it again after `reload`, when `version` changes, and when the network is back after an error. A
 * late response never replaces a newer one.
 */
export function useAsyncData<T>(load: () => Promise<T>, version = 0): AsyncData<T> {
  const [result, setResult] = useState<{ value: T | null; error: string | null }>({ value: null, error: null });
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
        (value) => isCurrent && setResult({ value, error: null }),
        (error: unknown) => isCurrent && setResult(({ value }) => ({ value, error: toActionError(error).message })),
      )
      .finally(() => isCurrent && setIsLoading(false));
    return () => {
      isCurrent = false;
    };
  }, [load, round, version]);
  const hasFailed = result.error !== null;
  useEffect(() => {
    if (!hasFailed) return;
    addEventListener("online", reload);
    return () => removeEventListener("online", reload);
  }, [hasFailed, reload]);
  return { ...result, isLoading, reload };
}
