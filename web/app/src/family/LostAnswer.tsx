import { useEffect, useState } from "react";
import { Button } from "../ui/Button.js";
import type { Practice } from "./practice.js";

interface Props {
  readonly practice: Practice;
  readonly isBusy: boolean;
  readonly onRetry: () => void;
}

/** The time after an answer was lost: while the overlap runs a retry is quick, and after it late. */
export function LostAnswer({ practice, isBusy, onRetry }: Props) {
  const { view, lost } = practice;
  const left = useSecondsLeft(view.policy.overlap - (Date.parse(view.at) - Date.parse(view.rotated_at)) / 1000);
  const isLate = left === 0;
  return (
    <div className="lost">
      <p>
        {isLate
          ? "The laptop has slept past the overlap. Now only what was seen of the lost generation tells a lost answer from a theft."
          : `The page may ask again at once, as after a short failure of the network. Or it sleeps until the overlap of ${view.policy.overlap} seconds is over, as a closed laptop does.`}
      </p>
      <progress aria-label="What is left of the overlap" max={view.policy.overlap} value={left} />
      <Button look="primary" isBusy={isBusy} onClick={onRetry}>
        {isLate ? `Wake up and show generation ${(lost ?? 2) - 1}` : `Ask again at once (${left} s left)`}
      </Button>
    </div>
  );
}

/** Whole seconds, counted down to nought by this machine's steady clock. */
function useSecondsLeft(seconds: number): number {
  const [until] = useState(() => performance.now() + Math.max(0, seconds) * 1000);
  const [now, setNow] = useState(() => performance.now());
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  useEffect(() => {
    if (left === 0) return;
    const timer = setInterval(() => setNow(performance.now()), 250);
    return () => clearInterval(timer);
  }, [left]);
  return left;
}
