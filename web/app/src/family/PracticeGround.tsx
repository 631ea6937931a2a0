import { useEffect, useRef, useState } from "react";
import { Button } from "../ui/Button.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { LostAnswer } from "./LostAnswer.js";
import { beginPractice } from "./practice.js";
import type { Practice, Practising } from "./practice.js";
import { Refused } from "./server.js";
import type { FamilyServer } from "./server.js";
import { Steps } from "./Steps.js";
import { Timeline } from "./Timeline.js";
import { VerdictPanel } from "./VerdictPanel.js";

const INTRO =
  "A second family beside your session, for you to break. Its keys are real, the server and its rule are the ones that guard you; only here this page may hold them.";

export function PracticeGround({ server }: { server: FamilyServer }) {
  const { practice, isBusy, trouble, begin, act } = usePractice(server);
  const isOver = practice ? practice.view.revoked_reason !== null : false;
  const stolen = practice?.steps.find(({ decision }) => decision === "reused")?.shown ?? null;
  const isWaiting = practice?.lost != null;
  const isStill = isBusy || isOver || isWaiting;
  return (
    <Section title="Try it" intro={INTRO} className="ground">
      {!practice && (
        <Button look="primary" isBusy={isBusy} onClick={begin}>
          Start a practice family
        </Button>
      )}
      {practice && (
        <>
          <div className="scenes" role="group" aria-label="Situations">
            <Button isBusy={isBusy} disabled={isOver || isWaiting} onClick={() => act((it) => it.refresh())}>
              Refresh as usual
            </Button>
            <Button isBusy={isBusy} disabled={isOver || isWaiting} onClick={() => act((it) => it.race())}>
              Two tabs race
            </Button>
            <Button isBusy={isBusy} disabled={isOver || isWaiting} onClick={() => act((it) => it.loseAnswer())}>
              Lose an answer
            </Button>
            <Button look="danger" isBusy={isBusy} disabled={isOver || isWaiting} onClick={() => act((it) => it.steal())}>
              A thief shows an old token
            </Button>
          </div>
          <Timeline
            view={practice.view}
            label="Generations"
            lost={practice.lost}
            stolen={isOver ? stolen : null}
            onShow={isStill ? undefined : (generation) => act((it) => it.showAgain(generation))}
          />
          {!isOver && practice.view.generation > 1 && (
            <p className="hint">Press a spent generation to show its key again, and see what the rule makes of it.</p>
          )}
          <VerdictPanel step={practice.point} isBusy={isBusy} />
          {isWaiting && <LostAnswer key={practice.lost} practice={practice} isBusy={isBusy} onRetry={() => act((it) => it.retry())} />}
          {isOver && (
            <Button look="primary" isBusy={isBusy} onClick={begin}>
              Start another family
            </Button>
          )}
          <Steps steps={practice.steps} />
        </>
      )}
      {trouble && <Notice kind="problem">{trouble}</Notice>}
    </Section>
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
      setTrouble(error instanceof Refused ? error.message : "Heirloom cannot be reached. Try again in a moment.");
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
