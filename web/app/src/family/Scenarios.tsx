import { Button } from "../ui/Button.js";
import type { Sandbox, SandboxState } from "./sandbox.js";
import { texts } from "../texts/index.js";

interface Props {
  readonly isBusy: boolean;
  readonly isDisabled: boolean;
  readonly run: (scenario: (sandbox: Sandbox) => Promise<SandboxState>) => void;
}

/** The buttons that run a scenario in the sandbox. */
export function Scenarios({ isBusy, isDisabled, run }: Props) {
  return (
    <div className="scenarios" role="group" aria-label={texts.sandbox.scenarios}>
      <Button isBusy={isBusy} isDisabled={isDisabled} onClick={() => run((sandbox) => sandbox.refresh())}>
        {texts.sandbox.refresh}
      </Button>
      <Button isBusy={isBusy} isDisabled={isDisabled} onClick={() => run((sandbox) => sandbox.race())}>
        {texts.sandbox.race}
      </Button>
      <Button isBusy={isBusy} isDisabled={isDisabled} onClick={() => run((sandbox) => sandbox.loseResponse())}>
        {texts.sandbox.lose}
      </Button>
      <Button
        variant="danger"
        isBusy={isBusy}
        isDisabled={isDisabled}
        onClick={() => run((sandbox) => sandbox.steal())}
      >
        {texts.sandbox.steal}
      </Button>
    </div>
  );
}
