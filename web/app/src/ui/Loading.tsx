import { texts } from "../texts/index.js";
import { Button } from "./Button.js";
import { ErrorMessage } from "./ErrorMessage.js";
import { Notice } from "./Notice.js";
import { Spinner } from "./Spinner.js";
import type { AsyncData } from "./useAsyncData.js";

/** Shows that data is loading, or why Heirloom rejects the request, with a button to retry. */
export function Loading({ data: { value, error, isLoading, reload } }: { data: AsyncData<unknown> }) {
  if (error) {
    return (
      <Notice kind="error">
        <p>
          <ErrorMessage error={error} />
        </p>
        <p className="notice-action">
          <Button isBusy={isLoading} onClick={reload}>
            {texts.app.tryAgain}
          </Button>
        </p>
      </Notice>
    );
  }
  if (value !== null) return null;
  return (
    <p role="status">
      <Spinner /> {texts.app.loading}
    </p>
  );
}
