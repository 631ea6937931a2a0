import { fromNow, fully } from "./times.js";

/** How long ago it was, with the whole date for whoever points at it. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={fully(at)}>
      {fromNow(at)}
    </time>
  );
}
