import { useCallback, useEffect, useState } from "react";
import { troubleOf } from "./useAction.js";

export interface Loaded<T> {
  readonly value: T | null;
  readonly trouble: string | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * What `load` gives, and again whenever it is asked for, `version` changes, or the network is back after a failure. A late
 * answer never replaces a newer one.
 */
export function useLoaded<T>(load: () => Promise<T>, version = 0): Loaded<T> {
  const [loaded, setLoaded] = useState<{ value: T | null; trouble: string | null }>({ value: null, trouble: null });
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
        (value) => isCurrent && setLoaded({ value, trouble: null }),
        (error: unknown) => isCurrent && setLoaded(({ value }) => ({ value, trouble: troubleOf(error).message })),
      )
      .finally(() => isCurrent && setIsLoading(false));
    return () => {
      isCurrent = false;
    };
  }, [load, round, version]);
  const hasFailed = loaded.trouble !== null;
  useEffect(() => {
    if (!hasFailed) return;
    addEventListener("online", reload);
    return () => removeEventListener("online", reload);
  }, [hasFailed, reload]);
  return { ...loaded, isLoading, reload };
}
