import { useEffect, useRef } from "react";
import { Check } from "../ui/icons.js";
import type { FamilyView } from "./server.js";

interface Props {
  readonly view: FamilyView;
  readonly label: string;
  /** The generation whose answer nobody got. */
  readonly lost?: number | null;
  /** The generation that gave a thief away. */
  readonly stolen?: number | null;
  /** For how many seconds the one before the newest is still answered alike. */
  readonly overlapLeft?: number;
  /** Makes a button of each spent generation. */
  readonly onShow?: ((generation: number) => void) | undefined;
}

/** So many are drawn at most; what lies between the first and the last ones is a gap. */
const SHOWN = 7;

interface Drawn {
  readonly number: number;
  readonly state: "spent" | "newest" | "lost" | "stolen" | "dead";
  readonly isConfirmed: boolean;
  readonly overlapLeft: number;
}

/** The generations along a line, the oldest first. */
export function Timeline({ view, label, lost = null, stolen = null, overlapLeft = 0, onShow }: Props) {
  const { generation, confirmed, revoked_reason } = view;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const shown = box.current;
    if (!shown) return;
    // On a narrow screen what the text is about is in sight: the newest, or what gave a thief away.
    const about = stolen && shown.querySelector<HTMLElement>(`[data-generation="${stolen}"]`);
    shown.scrollLeft = about ? about.offsetLeft - (shown.clientWidth - about.offsetWidth) / 2 : shown.scrollWidth;
  }, [generation, revoked_reason, stolen]);
  const isOver = revoked_reason !== null;
  // Nobody was seen with the newest, so that its answer may have been lost.
  const isUnproven = revoked_reason === "reuse" && stolen === generation - 1 && confirmed < generation;
  const first = Math.max(2, generation - SHOWN + 2);
  const numbers = [1, ...Array.from({ length: Math.max(0, generation - first + 1) }, (_, at) => first + at)];
  const draw = (number: number): Drawn => {
    const isNewest = number === generation;
    const state =
      number === stolen ? "stolen" : number === lost ? "lost" : !isNewest ? "spent" : isOver ? "dead" : "newest";
    return {
      number,
      state,
      isConfirmed: number <= confirmed && state !== "lost",
      overlapLeft: number === generation - 1 ? overlapLeft : 0,
    };
  };
  return (
    <div ref={box} className="timeline" tabIndex={0} role="group" aria-label={`${label}, along a line`}>
      <ol aria-label={label}>
        {numbers.map(draw).map((drawn) => (
          <li key={drawn.number} className={`generation ${drawn.state}`} data-generation={drawn.number}>
            {drawn.number === first && first > 2 && <Gap count={first - 2} />}
            <Node drawn={drawn} onShow={isOver || drawn.state !== "spent" ? undefined : onShow} />
          </li>
        ))}
        {isOver && (
          <li className="generation end">
            <span className="seal" aria-hidden="true" />
            <span className="caption">
              ended: {isUnproven ? "taken for theft" : (ends[revoked_reason] ?? revoked_reason)}
            </span>
          </li>
        )}
      </ol>
    </div>
  );
}

const ends: Readonly<Record<string, string>> = {
  reuse: "theft",
  logout: "logged out",
  logout_all: "logged out",
  password_change: "new password",
  admin: "from elsewhere",
};

const captions = { spent: "spent", newest: "newest", lost: "answer lost", stolen: "shown again", dead: "dead" };

function Node({ drawn, onShow }: { drawn: Drawn; onShow: ((generation: number) => void) | undefined }) {
  const { number, state, isConfirmed, overlapLeft } = drawn;
  const circle = (
    <>
      <span className="unseen">Generation </span>
      {number}
    </>
  );
  return (
    <>
      {onShow ? (
        <button
          type="button"
          className="circle"
          aria-label={`Generation ${number}: show it again`}
          onClick={() => onShow(number)}
        >
          {number}
        </button>
      ) : (
        <span className="circle">{circle}</span>
      )}
      <span className="caption">
        <span className="unseen">, </span>
        {captions[state]}
      </span>
      {isConfirmed && (
        <span className="confirmed">
          <span className="unseen">, </span>
          <Check />
          confirmed
        </span>
      )}
      {overlapLeft > 0 && <span className="overlap">overlap: {overlapLeft} s</span>}
    </>
  );
}

function Gap({ count }: { count: number }) {
  return (
    <span className="gap">
      <span aria-hidden="true">+{count}</span>
      <span className="unseen">{count} more, all spent. </span>
    </span>
  );
}
