import { useCallback, useEffect, useState } from "react";
import { troubleOf } from "./useAction.js";

interface Loaded<T> {
  readonly value: T | null;
  readonly trouble: string | null;
  readonly reload: () => void;
}

/** What `load` gives, and again whenever it is asked for; a late answer never replaces a newer one. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<{ value: T | null; trouble: string | null }>({ value: null, trouble: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setLoaded({ value, trouble: null }),
      (error: unknown) => isCurrent && setLoaded(({ value }) => ({ value, trouble: troubleOf(error).message })),
    );
    return () => {
      isCurrent = false;
    };
  }, [load, round]);
  return { ...loaded, reload: useCallback(() => setRound((round) => round + 1), []) };
}
