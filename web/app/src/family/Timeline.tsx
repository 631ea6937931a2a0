import { useEffect, useRef } from "react";
import { Check } from "../ui/icons.js";
import type { FamilyView } from "./familyApi.js";
import { texts } from "../texts/index.js";

interface Props {
  readonly family: FamilyView;
  readonly label: string;
  /** The generation whose response was lost. */
  readonly lost?: number | null;
  /** The generation whose replay revoked the family. */
  readonly replayed?: number | null;
  /** The seconds left in the overlap window of the previous generation. */
  readonly overlapRemaining?: number;
  /** If set, each rotated generation is a button. */
  readonly onReplay?: ((generation: number) => void) | undefined;
}

/** A longer family has a gap after its first generation. */
const MAX_GENERATIONS = 7;

interface Generation {
  readonly number: number;
  readonly state: "rotated" | "newest" | "lost" | "replayed" | "revoked";
  readonly isConfirmed: boolean;
  readonly overlapRemaining: number;
}

/** The generations of a family, oldest first. */
export function Timeline({ family, label, lost = null, replayed = null, overlapRemaining = 0, onReplay }: Props) {
  const { generation: newest, confirmed, revoked_reason } = family;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    // On a narrow screen, scroll to the generation that the text is about: the replayed or the newest one.
    const target = replayed && box.querySelector<HTMLElement>(`[data-generation="${replayed}"]`);
    box.scrollLeft = target ? target.offsetLeft - (box.clientWidth - target.offsetWidth) / 2 : box.scrollWidth;
  }, [newest, revoked_reason, replayed]);
  const isRevoked = revoked_reason !== null;
  // The newest generation was never used, so its response may be lost.
  const isUnproven = revoked_reason === "reuse" && replayed === newest - 1 && confirmed < newest;
  const first = Math.max(2, newest - MAX_GENERATIONS + 2);
  const numbers = [1, ...Array.from({ length: Math.max(0, newest - first + 1) }, (_, index) => first + index)];
  const toGeneration = (number: number): Generation => {
    const current = isRevoked ? "revoked" : "newest";
    const state = number === replayed ? "replayed" : number === lost ? "lost" : number === newest ? current : "rotated";
    return {
      number,
      state,
      isConfirmed: number <= confirmed && state !== "lost",
      overlapRemaining: number === newest - 1 ? overlapRemaining : 0,
    };
  };
  return (
    <div ref={ref} className="timeline" tabIndex={0} role="group" aria-label={texts.timeline.name(label)}>
      <ol aria-label={label}>
        {numbers.map(toGeneration).map((generation) => (
          <li key={generation.number} className={`generation ${generation.state}`} data-generation={generation.number}>
            {generation.number === first && first > 2 && <Gap count={first - 2} />}
            <Node
              generation={generation}
              onReplay={isRevoked || generation.state !== "rotated" ? undefined : onReplay}
            />
          </li>
        ))}
        {isRevoked && (
          <li className="generation end">
            <span className="end-mark" aria-hidden="true" />
            <span className="caption">
              {texts.timeline.revoked(
                isUnproven ? texts.timeline.unproven : (texts.timeline.reasons[revoked_reason] ?? revoked_reason),
              )}
            </span>
          </li>
        )}
      </ol>
    </div>
  );
}

interface NodeProps {
  readonly generation: Generation;
  readonly onReplay: ((generation: number) => void) | undefined;
}

function Node({ generation, onReplay }: NodeProps) {
  const { number, state, isConfirmed, overlapRemaining } = generation;
  return (
    <>
      {onReplay ? (
        <button
          type="button"
          className="circle"
          aria-label={texts.timeline.presentAgain(number)}
          onClick={() => onReplay(number)}
        >
          {number}
        </button>
      ) : (
        <span className="circle">
          <span className="visually-hidden">{texts.timeline.generation} </span>
          {number}
        </span>
      )}
      <span className="caption">
        <span className="visually-hidden">, </span>
        {texts.timeline.states[state]}
      </span>
      {isConfirmed && (
        <span className="confirmed">
          <span className="visually-hidden">, </span>
          <Check />
          {texts.timeline.confirmed}
        </span>
      )}
      {overlapRemaining > 0 && <span className="overlap">{texts.timeline.overlap(overlapRemaining)}</span>}
    </>
  );
}

function Gap({ count }: { count: number }) {
  return (
    <span className="gap">
      <span aria-hidden="true">+{count}</span>
      <span className="visually-hidden">{texts.timeline.more(count)} </span>
    </span>
  );
}
