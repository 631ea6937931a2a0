import { useId } from "react";
import type { Step } from "./practice.js";
import { sum, tell } from "./words.js";

/** So many are listed. */
const SHOWN = 5;

/** What was shown lately, the newest first. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  const id = useId();
  if (steps.length === 0) return null;
  const numbered = steps.map((step, at) => ({ step, number: at + 1 }));
  return (
    <div className="steps">
      <h3 id={id}>What happened</h3>
      <ol aria-labelledby={id} reversed start={steps.length}>
        {numbered
          .slice(-SHOWN)
          .reverse()
          .map(({ step, number }) => (
            <li key={number} className={tell(step).mood}>
              <span className="actor">{sum(step)}</span>
              <span className="muted small">{tell(step).title}</span>
            </li>
          ))}
      </ol>
      {steps.length > SHOWN && <p className="muted small">And {steps.length - SHOWN} before.</p>}
    </div>
  );
}
