import { Button } from "./Button.js";
import { Notice } from "./Notice.js";
import { Spinner } from "./Spinner.js";
import type { Loaded } from "./useLoaded.js";

/** What stands before something that is loaded: that it is not there yet, or why, and the way to try again. */
export function Loading({ of: { value, trouble, isLoading, reload } }: { of: Loaded<unknown> }) {
  if (trouble) {
    return (
      <Notice kind="problem">
        <p>{trouble}</p>
        <p className="notice-action">
          <Button isBusy={isLoading} onClick={reload}>
            Try again
          </Button>
        </p>
      </Notice>
    );
  }
  if (value !== null) return null;
  return (
    <p role="status">
      <Spinner /> One moment …
    </p>
  );
}
