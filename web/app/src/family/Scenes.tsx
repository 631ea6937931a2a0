import { Button } from "../ui/Button.js";
import type { Practice, Practising } from "./practice.js";

interface Props {
  readonly isBusy: boolean;
  readonly isOff: boolean;
  readonly act: (how: (it: Practising) => Promise<Practice>) => void;
}

/** The situations that can be acted out. */
export function Scenes({ isBusy, isOff, act }: Props) {
  return (
    <div className="scenes" role="group" aria-label="Situations">
      <Button isBusy={isBusy} isOff={isOff} onClick={() => act((it) => it.refresh())}>
        Refresh as usual
      </Button>
      <Button isBusy={isBusy} isOff={isOff} onClick={() => act((it) => it.race())}>
        Two tabs race
      </Button>
      <Button isBusy={isBusy} isOff={isOff} onClick={() => act((it) => it.loseAnswer())}>
        Lose an answer
      </Button>
      <Button look="danger" isBusy={isBusy} isOff={isOff} onClick={() => act((it) => it.steal())}>
        A thief shows an old token
      </Button>
    </div>
  );
}
