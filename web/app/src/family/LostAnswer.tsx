import { Button } from "../ui/Button.js";
import type { FamilyView } from "./server.js";
import { creditsOf } from "./words.js";

interface Props {
  /** What the page still holds, and has to show again. */
  readonly shown: number;
  readonly family: FamilyView;
  /** In seconds, of the overlap. */
  readonly left: number;
  readonly isBusy: boolean;
  readonly onRetry: () => void;
}

/** The time after an answer was lost: while the overlap runs a retry is quick, and after it late. */
export function LostAnswer({ shown, family, left, isBusy, onRetry }: Props) {
  const isLate = left === 0;
  const { overlap } = family.policy;
  return (
    <div className="waiting">
      <p>
        {isLate
          ? lateOutlook(shown + 1, family)
          : `The page may ask again at once, as after a short failure of the network. Or wait until the overlap of ${overlap} seconds is over, as a closed laptop does.`}
      </p>
      <progress aria-label="What is left of the overlap" max={overlap || 1} value={left} />
      <Button look="primary" isBusy={isBusy} onClick={onRetry}>
        {isLate ? `Wake up and show generation ${shown}` : `Ask again at once (${left} s left)`}
      </Button>
    </div>
  );
}

function lateOutlook(lost: number, family: FamilyView): string {
  if (family.credits === 0) {
    return "The laptop has slept past the overlap, and no credit for late answers is left. What comes now is taken for theft.";
  }
  return `The laptop has slept past the overlap. Now two things tell a lost answer from a theft: nobody has used generation ${lost}, and credits for late answers are left, ${creditsOf(family)}.`;
}
