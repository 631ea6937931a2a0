import { Button } from "../ui/Button.js";

interface Props {
  /** What the page still holds, and has to show again. */
  readonly shown: number;
  /** In seconds, and what is left of it. */
  readonly overlap: number;
  readonly left: number;
  readonly isBusy: boolean;
  readonly onRetry: () => void;
}

/** The time after an answer was lost: while the overlap runs a retry is quick, and after it late. */
export function LostAnswer({ shown, overlap, left, isBusy, onRetry }: Props) {
  const isLate = left === 0;
  return (
    <div className="waiting">
      <p>
        {isLate
          ? "The laptop has slept past the overlap. Now only this tells a lost answer from a theft: has anybody used the lost generation?"
          : `The page may ask again at once, as after a short failure of the network. Or wait until the overlap of ${overlap} seconds is over, as a closed laptop does.`}
      </p>
      <progress aria-label="What is left of the overlap" max={overlap || 1} value={left} />
      <Button look="primary" isBusy={isBusy} onClick={onRetry}>
        {isLate ? `Wake up and show generation ${shown}` : `Ask again at once (${left} s left)`}
      </Button>
    </div>
  );
}
