/**
 * Whether Heirloom has rejected the session because the account is disabled. The session state does not say so: for the
 * client, such a user is logged out. Tabs tell each other, because only one of them gets the response.
 */
export interface DisabledAccount {
  readonly get: () => boolean;
  readonly subscribe: (listener: () => void) => () => void;
  /** `fetch` for the client, which looks at the responses to logins and refreshes. */
  readonly fetch: typeof fetch;
}

export function watchForDisabledAccount(heirloom: URL, send: typeof fetch): DisabledAccount {
  const listeners = new Set<() => void>();
  const paths = ["refresh", "login", "login/ticket"].map((path) => new URL(path, heirloom).href);
  const channel =
    typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`heirloom-disabled ${heirloom.href}`);
  let isDisabled = false;

  const set = (next: boolean) => {
    isDisabled = next;
    listeners.forEach((listener) => listener());
  };
  const report = (next: boolean) => {
    if (next === isDisabled) return;
    set(next);
    channel?.postMessage(next);
  };
  if (channel) channel.onmessage = ({ data }: MessageEvent<boolean>) => set(data);

  return {
    get: () => isDisabled,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async fetch(input, init) {
      const response = await send(input, init);
      if (paths.includes(input instanceof Request ? input.url : new URL(input).href)) {
        if (response.ok) report(false);
        else if (response.status === 401 || response.status === 403) report(await saysDisabled(response.clone()));
      }
      return response;
    },
  };
}

async function saysDisabled(response: Response): Promise<boolean> {
  const problem = (await response.json().catch(() => null)) as { code?: string; reason?: string } | null;
  return problem?.code === "account_disabled" || problem?.reason === "disabled";
}
