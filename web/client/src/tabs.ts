import { sleep } from "./patience.js";
import type { OverReason, SessionInfo } from "./types.js";

/** What tabs tell each other. It goes from memory to memory, within one origin, and never holds a refresh token. */
export type Tidings =
  /** A login has begun this session; the cookie is its own. */
  | { kind: "begun"; id: string }
  /** This session is over, or, without `id`, the one that the cookie held. */
  | { kind: "over"; id?: string | undefined; reason: OverReason }
  /** A tab asks for a token, */
  | { kind: "asks"; tab: number }
  /** and has its answer, which is every tab's. */
  | { kind: "asked"; tab: number; got?: Got | undefined };

/** A token, good for so many milliseconds more. */
export interface Got {
  token: string;
  life: number;
  info: SessionInfo;
}

export interface Tabs {
  tell: (tidings: Tidings) => void;
  /** Asks when it is this tab's turn, unless it `isServed` by then, and tells the others what it got. */
  inTurn: <T>(
    isServed: () => boolean,
    ask: () => Promise<T>,
    got: (answer: T) => Got,
    signal: AbortSignal,
  ) => Promise<T | undefined>;
  close: () => void;
}

/** A tab that is frozen or closed in the middle of asking holds nobody up for longer. */
const COURTESY = 1_000;
/** So long it may take until others have heard something. */
const HEARING = 20;

/** Nobody is listened to without a `base`: outside of browsers a channel would keep the process alive. */
export function otherTabs(base: string | undefined, listener: (tidings: Tidings) => void): Tabs {
  const isAlone = base === undefined || typeof BroadcastChannel === "undefined";
  let channel = isAlone ? undefined : new BroadcastChannel(`heirloom ${base}`);
  const tab = Math.random();
  const asking = new Set<number>();
  let waiting = new AbortController();

  const tell = (tidings: Tidings) => channel?.postMessage(tidings);

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Tidings>) => {
      listener(data);
      if (data.kind === "asks") asking.add(data.tab);
      if (data.kind !== "asked") return;
      asking.delete(data.tab);
      if (asking.size && !data.got) return;
      waiting.abort();
      waiting = new AbortController();
    };
  }

  /** Waits until one of the tabs that come first has got something, or none asks any more, and for no more than a moment. */
  async function wait(comesFirst: (other: number) => boolean, signal: AbortSignal) {
    if (![...asking].some(comesFirst)) return;
    const { signal: served } = waiting;
    await sleep(COURTESY, signal, served);
    if (!served.aborted) asking.clear();
  }

  return {
    tell,
    async inTurn(isServed, ask, gotOf, signal) {
      let got: Got | undefined;
      if (channel) {
        await wait(() => true, signal);
        if (isServed()) return undefined;
        tell({ kind: "asks", tab });
        await sleep(HEARING, signal);
        await wait((other) => other < tab, signal);
      }
      try {
        if (isServed()) return undefined;
        const answer = await ask();
        got = gotOf(answer);
        return answer;
      } finally {
        tell({ kind: "asked", tab, got });
      }
    },
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}
