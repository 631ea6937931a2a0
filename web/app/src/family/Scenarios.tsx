import { Button } from "../ui/Button.js";
import type { Sandbox, SandboxState } from "./sandbox.js";

interface Props {
  readonly isBusy: boolean;
  readonly isDisabled: boolean;
  readonly run: (scenario: (sandbox: Sandbox) => Promise<SandboxState>) => void;
}

/** The buttons that run a scenario in the sandbox. */
export function Scenarios({ isBusy, isDisabled, run }: Props) {
  return (
    <div className="scenarios" role="group" aria-label="Scenarios">
      <Button isBusy={isBusy} isDisabled={isDisabled} onClick={() => run((sandbox) => sandbox.refresh())}>
        Refresh normally
      </Button>
      <Button isBusy={isBusy} isDisabled={isDisabled} onClick={() => run((sandbox) => sandbox.race())}>
        Refresh in two tabs
      </Button>
      <Button isBusy={isBusy} isDisabled={isDisabled} onClick={() => run((sandbox) => sandbox.loseResponse())}>
        Lose a response
      </Button>
      <Button
        variant="danger"
        isBusy={isBusy}
        isDisabled={isDisabled}
        onClick={() => run((sandbox) => sandbox.steal())}
      >
        Replay a stolen token
      </Button>
    </div>
  );
}
