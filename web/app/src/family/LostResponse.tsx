import { Button } from "../ui/Button.js";
import type { FamilyView } from "./familyApi.js";
import { creditsOf } from "./stepText.js";

interface Props {
  /** The generation that the page still has, and presents when it retries. */
  readonly generation: number;
  readonly family: FamilyView;
  /** The seconds left in the overlap window. */
  readonly overlapRemaining: number;
  readonly isBusy: boolean;
  readonly onRetry: () => void;
}

/** The choice after a lost response: retry within the overlap window, or later. */
export function LostResponse({ generation, family, overlapRemaining, isBusy, onRetry }: Props) {
  const isLate = overlapRemaining === 0;
  const { overlap } = family.policy;
  return (
    <div className="lost-response">
      <p>
        {isLate
          ? lateRetryText(generation + 1, family)
          : `Retry now, as after a short network failure. Or wait for the end of the overlap window of ${overlap} seconds, as a closed laptop does.`}
      </p>
      <progress aria-label="Time left in the overlap window" max={overlap || 1} value={overlapRemaining} />
      <Button variant="primary" isBusy={isBusy} onClick={onRetry}>
        {isLate ? `Wake up and present generation ${generation}` : `Retry now (${overlapRemaining} s left)`}
      </Button>
    </div>
  );
}

function lateRetryText(lost: number, family: FamilyView): string {
  if (family.credits === 0) {
    return "The laptop has slept longer than the overlap window, and no recovery credits are left. The server will treat the retry as theft.";
  }
  return `The laptop has slept longer than the overlap window. The server can still recover the response for two reasons: generation ${lost} was not used, and recovery credits are left (${creditsOf(family)}).`;
}
