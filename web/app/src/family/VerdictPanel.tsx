import { Alert, Check, Clock, Thief } from "../ui/icons.js";
import { useKeptFocus } from "../ui/useKeptFocus.js";
import type { Step } from "./practice.js";
import { sum, tell } from "./words.js";

const icons = { good: Check, kind: Clock, bad: Alert };

/** What the rule answered last, and why; read out when it changes. */
export function VerdictPanel({ step, isBusy }: { step: Step | null; isBusy: boolean }) {
  const panel = useKeptFocus<HTMLDivElement>(step);
  const told = step && tell(step);
  const Icon = told && (told.isTheft ? Thief : icons[told.mood]);
  return (
    <div className={`verdict ${told?.mood ?? "none"}`} role="status" aria-busy={isBusy} ref={panel} tabIndex={-1}>
      {step && told && Icon ? (
        <>
          <Icon />
          <div>
            <p className="verdict-sum">{sum(step)}</p>
            <p className="verdict-title">{told.title}</p>
            <p>{told.why}</p>
          </div>
        </>
      ) : (
        <p>
          This family has one generation, the one that a login gives. Choose a situation, and see what the server
          answers.
        </p>
      )}
    </div>
  );
}
