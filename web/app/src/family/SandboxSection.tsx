import { useEffect, useRef, useState } from "react";
import { toActionError } from "../ui/actionError.js";
import type { ActionError } from "../ui/actionError.js";
import { Button } from "../ui/Button.js";
import { ErrorMessage } from "../ui/ErrorMessage.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import type { FamilyApi } from "./familyApi.js";
import { LostResponse } from "./LostResponse.js";
import { ResultPanel } from "./ResultPanel.js";
import { startSandbox } from "./sandbox.js";
import type { Sandbox, SandboxState } from "./sandbox.js";
import { Scenarios } from "./Scenarios.js";
import { StepList } from "./StepList.js";
import { creditsOf } from "./stepText.js";
import { Timeline } from "./Timeline.js";
import { useOverlapRemaining } from "./useOverlapRemaining.js";
import { texts } from "../texts/index.js";

export function SandboxSection({ api }: { api: FamilyApi }) {
  const { state, isBusy, error, start, run } = useSandbox(api);
  return (
    <Section title={texts.sandbox.title} intro={texts.sandbox.intro} className="sandbox">
      {state ? (
        <SandboxView key={state.family.id} state={state} isBusy={isBusy} start={start} run={run} />
      ) : (
        <Button variant="primary" isBusy={isBusy} onClick={start}>
          {texts.sandbox.start}
        </Button>
      )}
      {error && (
        <Notice kind="error">
          <ErrorMessage error={error} />
        </Notice>
      )}
    </Section>
  );
}

interface ViewProps {
  readonly state: SandboxState;
  readonly isBusy: boolean;
  readonly start: () => void;
  readonly run: (scenario: (sandbox: Sandbox) => Promise<SandboxState>) => void;
}

function SandboxView({ state, isBusy, start, run }: ViewProps) {
  const { family, steps, result, lost } = state;
  const overlapRemaining = useOverlapRemaining(family);
  const isRevoked = family.revoked_reason !== null;
  const isWaiting = lost !== null;
  const replayed = steps.find(({ decision }) => decision === "reused")?.presented ?? null;
  const canReplay = !isBusy && !isRevoked && !isWaiting;
  return (
    <>
      <Scenarios isBusy={isBusy} isDisabled={isRevoked || isWaiting} run={run} />
      <Timeline
        family={family}
        label={texts.sandbox.timeline}
        lost={lost}
        replayed={replayed}
        overlapRemaining={overlapRemaining}
        onReplay={canReplay ? (generation) => run((sandbox) => sandbox.replay(generation)) : undefined}
      />
      <p className="hint">
        {family.generation > 1 && !isRevoked && !isWaiting && `${texts.sandbox.selectOld} `}
        {texts.sandbox.hint(creditsOf(family))}
      </p>
      <div className="sandbox-result">
        <div>
          <ResultPanel step={result} isBusy={isBusy} />
          {isWaiting && (
            <LostResponse
              generation={lost - 1}
              family={family}
              overlapRemaining={overlapRemaining}
              isBusy={isBusy}
              onRetry={() => run((sandbox) => sandbox.retry())}
            />
          )}
          {isRevoked && (
            <Button variant="primary" isBusy={isBusy} onClick={start}>
              {texts.sandbox.startAnother}
            </Button>
          )}
        </div>
        <StepList steps={steps} />
      </div>
    </>
  );
}

function useSandbox(api: FamilyApi) {
  const [state, setState] = useState<SandboxState | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ActionError | null>(null);
  const current = useRef<Sandbox | null>(null);

  useEffect(() => () => current.current?.end(), []);

  const update = async (load: () => Promise<SandboxState | null>) => {
    setIsBusy(true);
    setError(null);
    try {
      setState(await load());
    } catch (error) {
      setError(toActionError(error));
    } finally {
      setIsBusy(false);
    }
  };

  const start = () =>
    void update(async () => {
      const started = await startSandbox(api);
      current.current = started?.sandbox ?? null;
      return started?.state ?? null;
    });
  const run = (scenario: (sandbox: Sandbox) => Promise<SandboxState>) => {
    const sandbox = current.current;
    if (sandbox) void update(() => scenario(sandbox));
  };
  return { state, isBusy, error, start, run };
}
