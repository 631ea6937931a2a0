import { useEffect, useRef, useState } from "react";
import { Button } from "../ui/Button.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { troubleOf } from "../ui/useAction.js";
import { LostAnswer } from "./LostAnswer.js";
import { beginPractice } from "./practice.js";
import type { Practice, Practising } from "./practice.js";
import { Scenes } from "./Scenes.js";
import type { FamilyServer } from "./server.js";
import { Steps } from "./Steps.js";
import { Timeline } from "./Timeline.js";
import { useOverlapLeft } from "./useOverlapLeft.js";
import { VerdictPanel } from "./VerdictPanel.js";
import { creditsOf } from "./words.js";

const INTRO =
  "A second family beside your session, for you to break. Its tokens are real, and so are the server and the rule; only here the page may hold them itself.";

export function PracticeGround({ server }: { server: FamilyServer }) {
  const { practice, isBusy, trouble, begin, act } = usePractice(server);
  return (
    <Section title="Try it" intro={INTRO} className="ground">
      {practice ? (
        <Ground key={practice.view.id} practice={practice} isBusy={isBusy} begin={begin} act={act} />
      ) : (
        <Button look="primary" isBusy={isBusy} onClick={begin}>
          Start a practice family
        </Button>
      )}
      {trouble && <Notice kind="problem">{trouble}</Notice>}
    </Section>
  );
}

interface GroundProps {
  readonly practice: Practice;
  readonly isBusy: boolean;
  readonly begin: () => void;
  readonly act: (how: (it: Practising) => Promise<Practice>) => void;
}

function Ground({ practice, isBusy, begin, act }: GroundProps) {
  const { view, steps, point, lost } = practice;
  const overlapLeft = useOverlapLeft(view);
  const isOver = view.revoked_reason !== null;
  const isWaiting = lost !== null;
  const stolen = steps.find(({ decision }) => decision === "reused")?.shown ?? null;
  const canShow = !isBusy && !isOver && !isWaiting;
  return (
    <>
      <Scenes isBusy={isBusy} isOff={isOver || isWaiting} act={act} />
      <Timeline
        view={view}
        label="Generations"
        lost={lost}
        stolen={stolen}
        overlapLeft={overlapLeft}
        onShow={canShow ? (generation) => act((it) => it.showAgain(generation)) : undefined}
      />
      <p className="hint">
        {view.generation > 1 && !isOver && !isWaiting && "Press a spent generation to show its token again. "}
        Confirmed means that its access token was used, so it has arrived. Credits for lost answers: {creditsOf(view)}.
      </p>
      <div className="outcome">
        <div>
          <VerdictPanel step={point} isBusy={isBusy} />
          {isWaiting && (
            <LostAnswer
              shown={lost - 1}
              family={view}
              left={overlapLeft}
              isBusy={isBusy}
              onRetry={() => act((it) => it.retry())}
            />
          )}
          {isOver && (
            <Button look="primary" isBusy={isBusy} onClick={begin}>
              Start another family
            </Button>
          )}
        </div>
        <Steps steps={steps} />
      </div>
    </>
  );
}

function usePractice(server: FamilyServer) {
  const [practice, setPractice] = useState<Practice | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const practising = useRef<Practising | null>(null);

  useEffect(() => () => practising.current?.end(), []);

  const doing = async (what: () => Promise<Practice | null>) => {
    setIsBusy(true);
    setTrouble(null);
    try {
      setPractice(await what());
    } catch (error) {
      setTrouble(troubleOf(error).message);
    } finally {
      setIsBusy(false);
    }
  };

  const begin = () =>
    void doing(async () => {
      const begun = await beginPractice(server);
      practising.current = begun?.practising ?? null;
      return begun?.start ?? null;
    });
  const act = (how: (it: Practising) => Promise<Practice>) => {
    const it = practising.current;
    if (it) void doing(() => how(it));
  };
  return { practice, isBusy, trouble, begin, act };
}
