import { sleep } from "./timeout.js";
import type { OverReason, SessionInfo } from "./types.js";

/**
 * A message between tabs of one origin. It is never stored, and never holds a refresh token. Keep its shape: tabs with
 * another version of this client read it too.
 */
export type TabMessage =
  /** A login has started this session; the cookie belongs to it. */
  | { kind: "begun"; id: string }
  /** This session has ended; without `id`, it is the session of the cookie. */
  | { kind: "over"; id?: string | undefined; reason: OverReason }
  /** A tab starts to refresh. */
  | { kind: "asks"; tab: number }
  /** That tab has finished, and shares the token that it got. */
  | { kind: "asked"; tab: number; got?: SharedToken | undefined };

/** An access token for every tab. It expires after `life` milliseconds. */
export interface SharedToken {
  token: string;
  life: number;
  info: SessionInfo;
}

export interface Tabs {
  send: (message: TabMessage) => void;
  /** Runs `refresh` once no other tab refreshes, and shares its token. Skips it if `isDone` by then. */
  run: <T extends { readonly shared: SharedToken }>(
    isDone: () => boolean,
    refresh: () => Promise<T>,
    signal: AbortSignal,
  ) => Promise<T | undefined>;
  close: () => void;
}

/** A tab that is frozen or closed during a refresh delays the others by this time at most. */
const MAX_WAIT = 1_000;
/** How long a message may take to reach the other tabs. */
const MESSAGE_DELAY = 20;

/** Without `base` there is no channel: outside browsers it would keep the process alive. */
export function connectTabs(base: string | false, listener: (message: TabMessage) => void): Tabs {
  let channel = base && globalThis.BroadcastChannel ? new BroadcastChannel(`heirloom ${base}`) : undefined;
  const tab = Math.random();
  const refreshing = new Set<number>();
  let isRefreshing = false;
  let waiting = new AbortController();

  const send = (message: TabMessage) => channel?.postMessage(message);

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      listener(data);
      if (data.kind === "asks") {
        // A tab that opened after this one began to refresh has missed the message.
        if (isRefreshing && !refreshing.has(data.tab)) send({ kind: "asks", tab });
        refreshing.add(data.tab);
      } else if (data.kind === "asked") {
        refreshing.delete(data.tab);
        waiting.abort();
        waiting = new AbortController();
      }
    };
  }

  return {
    send,
    async run(isDone, refresh, signal) {
      let got: SharedToken | undefined;
      /**
       * Waits until `isDone`, until no tab with a lower number refreshes, or until no message has come for `MAX_WAIT`. A token
       * that this tab cannot use does not end the wait: the request of a third tab may still be on its way.
       */
      const wait = async (number: number) => {
        while (!isDone() && [...refreshing].some((other) => other < number)) {
          const { signal: done } = waiting;
          await sleep(MAX_WAIT, signal, done);
          if (!done.aborted) refreshing.clear();
        }
      };
      if (channel) {
        await wait(1);
        if (isDone()) return undefined;
        isRefreshing = true;
        send({ kind: "asks", tab });
        await sleep(MESSAGE_DELAY, signal);
        await wait(tab);
      }
      try {
        if (isDone()) return undefined;
        const issued = await refresh();
        got = issued.shared;
        return issued;
      } finally {
        isRefreshing = false;
        send({ kind: "asked", tab, got });
      }
    },
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}
