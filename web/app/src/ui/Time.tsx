import { useEffect, useReducer } from "react";
import { formatDateTime, formatRelative } from "./formatTime.js";

/** A relative time that stays current, with the full date as its tooltip. */
export function Time({ at }: { at: string }) {
  const [, update] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(update, 15_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {formatRelative(at)}
    </time>
  );
}
