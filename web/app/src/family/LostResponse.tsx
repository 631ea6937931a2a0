import { Button } from "../ui/Button.js";
import type { FamilyView } from "./familyApi.js";
import { creditsOf } from "./stepText.js";
import { texts } from "../texts/index.js";

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
      <p>{isLate ? lateRetryText(generation + 1, family) : texts.sandbox.retryOrWait(overlap)}</p>
      <progress aria-label={texts.sandbox.timeLeft} max={overlap || 1} value={overlapRemaining} />
      <Button variant="primary" isBusy={isBusy} onClick={onRetry}>
        {isLate ? texts.sandbox.wakeUp(generation) : texts.sandbox.retryNow(overlapRemaining)}
      </Button>
    </div>
  );
}

function lateRetryText(lost: number, family: FamilyView): string {
  return family.credits === 0 ? texts.sandbox.lateWithoutCredits : texts.sandbox.late(lost, creditsOf(family));
}
