import { useCallback, useRef, useState } from "react";
import { toActionError } from "./actionError.js";
import type { ActionError, ErrorMessages } from "./actionError.js";

interface Action<Arguments extends unknown[]> {
  /** Runs the action, unless it is running already. Resolves to whether it succeeded. */
  readonly run: (...args: Arguments) => Promise<boolean>;
  readonly isBusy: boolean;
  readonly error: ActionError | null;
  readonly clear: () => void;
}

/** An action of the user that may fail: its progress and its error. */
export function useAction<Arguments extends unknown[]>(
  action: (...args: Arguments) => Promise<unknown>,
  messages: ErrorMessages = {},
): Action<Arguments> {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ActionError | null>(null);
  const isRunning = useRef(false);
  const run = async (...args: Arguments) => {
    if (isRunning.current) return false;
    isRunning.current = true;
    setIsBusy(true);
    setError(null);
    try {
      await action(...args);
      return true;
    } catch (error) {
      setError(toActionError(error, messages));
      return false;
    } finally {
      isRunning.current = false;
      setIsBusy(false);
    }
  };
  return { run, isBusy, error, clear: useCallback(() => setError(null), []) };
}
