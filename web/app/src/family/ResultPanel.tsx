import { Alert, Check, Clock, Mask } from "../ui/icons.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";
import type { Step } from "./sandbox.js";
import { describeStep, summarizeStep } from "./stepText.js";
import { texts } from "../texts/index.js";

const icons = { success: Check, warning: Clock, danger: Alert };

/** The server's last decision and its reason. Screen readers announce each change. */
export function ResultPanel({ step, isBusy }: { step: Step | null; isBusy: boolean }) {
  const panel = useFocusFallback<HTMLDivElement>(step);
  const description = step && describeStep(step);
  const Icon = description && (description.isTheft ? Mask : icons[description.tone]);
  return (
    <div className={`result ${description?.tone ?? ""}`} role="status" aria-busy={isBusy} ref={panel} tabIndex={-1}>
      {step && description && Icon ? (
        <>
          <Icon />
          <div>
            <p className="result-summary">{summarizeStep(step)}</p>
            <p className="result-title">{description.title}</p>
            <p>{description.why}</p>
          </div>
        </>
      ) : (
        <p>{texts.sandbox.first}</p>
      )}
    </div>
  );
}
