import { useId } from "react";
import type { Step } from "./practice.js";
import { sum, tell } from "./words.js";

/** Everything that was shown, the newest first. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  const id = useId();
  if (steps.length === 0) return null;
  return (
    <div className="steps">
      <h3 id={id}>What happened</h3>
      <ol aria-labelledby={id} reversed>
        {steps
          .map((step, at) => ({ step, at }))
          .reverse()
          .map(({ step, at }) => (
            <li key={at} className={tell(step).mood}>
              <span className="actor">{sum(step)}</span>
              <span className="muted small">{tell(step).title}</span>
            </li>
          ))}
      </ol>
    </div>
  );
}
