import type { OverReason } from "./types.js";

/** What tabs tell each other. No token is among it. */
export type Tidings =
  /** A login has begun this session; the cookie is its own. */
  | { kind: "begun"; id: string }
  /** This session is over, or, without `id`, the one that the cookie held. */
  | { kind: "over"; id?: string | undefined; reason: OverReason };

export interface Tabs {
  tell: (tidings: Tidings) => void;
  close: () => void;
}

/** Nobody is listened to without a `base`: outside of browsers a channel would keep the process alive. */
export function otherTabs(base: string | undefined, listener: (tidings: Tidings) => void): Tabs {
  if (base === undefined || typeof BroadcastChannel === "undefined") return { tell() {}, close() {} };
  const channel = new BroadcastChannel(`heirloom ${base}`);
  channel.onmessage = ({ data }: MessageEvent<Tidings>) => listener(data);
  return { tell: (tidings) => channel.postMessage(tidings), close: () => channel.close() };
}
