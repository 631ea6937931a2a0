import { useId } from "react";
import type { Step } from "./sandbox.js";
import { describeStep, summarizeStep } from "./stepText.js";
import { texts } from "../texts/index.js";

const MAX_STEPS = 5;

/** The latest steps, newest first. */
export function StepList({ steps }: { steps: readonly Step[] }) {
  const id = useId();
  if (steps.length === 0) return null;
  const numbered = steps.map((step, index) => ({ step, number: index + 1 }));
  const hidden = steps.length - MAX_STEPS;
  return (
    <div className="steps">
      <h3 id={id}>{texts.sandbox.steps}</h3>
      <ol aria-labelledby={id} reversed start={steps.length}>
        {numbered
          .slice(-MAX_STEPS)
          .reverse()
          .map(({ step, number }) => (
            <li key={number} className={describeStep(step).tone}>
              <span className="step-summary">{summarizeStep(step)}</span>
              <span className="muted small">{describeStep(step).title}</span>
            </li>
          ))}
      </ol>
      {hidden > 0 && <p className="muted small">{texts.sandbox.earlier(hidden)}</p>}
    </div>
  );
}
