import { useEffect, useReducer } from "react";
import { ago, fully } from "./times.js";

/** How long ago it was, which goes on as time does, with the whole date for whoever points at it. */
export function Time({ at }: { at: string }) {
  const [, tick] = useReducer((ticks: number) => ticks + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, 15_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={fully(at)}>
      {ago(at)}
    </time>
  );
}
