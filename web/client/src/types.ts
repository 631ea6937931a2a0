import type { components } from "./openapi.js";

type Schemas = components["schemas"];

/** Somebody's account. */
export type User = Schemas["User"];
/** One of the user's devices, as `sessions()` lists it. */
export type Device = Schemas["Session"];
/** What this session is, as the server told with the last token. */
export type SessionInfo = Schemas["SessionInfo"];
/** One entry of the account's security log. */
export type SecurityEvent = Schemas["Event"];
/** One page of the security log; `next` goes into `before` for the page after it. */
export type EventsPage = Schemas["EventsAnswer"];
/** What every error answer is (RFC 9457). */
export type Problem = Schemas["Problem"];
/** What went wrong with one field. */
export type FieldProblem = Schemas["FieldProblem"];
export type TokenAnswer = Schemas["TokenAnswer"];
export type TokenDelivery = Schemas["TokenDelivery"];

export interface SessionOptions {
  /**
   * Where Heirloom is: `https://auth.example.com`, or with its base path `https://example.com/auth`. Left out, it is the
   * page's own origin.
   */
  baseUrl?: string | URL;
  /** Sends the requests, in place of the global `fetch`. */
  fetch?: typeof fetch;
  /**
   * Origins of your other services, such as `https://api.example.com`. The access token goes to `baseUrl`'s origin, to
   * the page's own and to these, and to no other.
   */
  origins?: readonly string[];
  /**
   * Whether to look for a session at once. Left out, that is done in pages and a browser's workers, and not in Node or
   * where else a server renders the page.
   */
  restore?: boolean;
  /**
   * `"cookie"`, the default, is for browsers. `"body"` is for programs without a cookie jar: the refresh token is then
   * kept in memory, and the session lives as long as the program.
   */
  tokenDelivery?: TokenDelivery;
}

/** Why a session that was here is here no longer. */
export type OverReason =
  /** It was not used for too long, or has reached its greatest age. */
  | "expired"
  /** It was ended from elsewhere: another device, another password, an administrator. */
  | "revoked"
  /** An old refresh token was shown, so somebody else may hold a copy. */
  | "reused"
  /** The user logged out, in this tab or in another. */
  | "logged_out";

/** Everything that an app shows of the session. Each change makes a new object, an unchanged state is the same object. */
export type SessionState =
  /** Not known yet whether there is a session. Also what a server renders. */
  | { readonly status: "restoring" }
  /** Not known, because Heirloom does not answer. It is asked again by itself until it does. */
  | { readonly status: "unreachable" }
  /** Nobody is logged in, or the account is disabled. With `over` somebody was, in this tab. */
  | { readonly status: "anonymous"; readonly over?: OverReason }
  | { readonly status: "authenticated"; readonly user: User; readonly session: SessionInfo };

/**
 * A browser's session with Heirloom. All functions are bound: `const { fetch } = session` works.
 *
 * Those that ask Heirloom reject with a {@link ProblemError} if it refuses, and with what `fetch` rejects with if it
 * cannot be reached. Neither means that the session is over; only the state says so.
 */
export interface Session {
  /** The state now. */
  getState: () => SessionState;
  /** Calls `listener` after each change of the state, until the function that is returned is called. */
  subscribe: (listener: (state: SessionState) => void) => () => void;

  /** Who is logged in, or null. Waits until that is known. */
  user: () => Promise<User | null>;
  /** Makes an account. Does not log in. */
  register: (account: { email: string; password: string }) => Promise<User>;
  login: (credentials: { email: string; password: string }) => Promise<User>;
  /**
   * Ends the session: here and in every other tab at once, on the server when it can be reached. Rejects while it cannot:
   * a page goes on telling it then, and another `logout()` resolves once it knows.
   */
  logout: () => Promise<void>;
  /** Ends all the user's sessions, on every device, and tells how many those were. */
  logoutAll: () => Promise<number>;

  /**
   * `fetch` with the access token, which is refreshed when it has to be. Answers and rejects as `fetch` does, with one
   * more reason to reject: the token has run out, and Heirloom cannot be asked for another. Without a session the
   * request goes out without a token.
   *
   * A relative address is the page's, as with `fetch`; outside of pages and workers it is below `baseUrl`.
   */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** The access token, for what `fetch` cannot do (a WebSocket, say), or null. Good for the next seconds at least. */
  accessToken: () => Promise<string | null>;
  /** Refreshes now, however fresh the token is. Resolves too if that shows that the session is over. */
  refresh: () => Promise<void>;

  /** The user's devices that are logged in. */
  sessions: () => Promise<Device[]>;
  /** Ends one of the user's sessions. If it is this one, that is a logout. */
  endSession: (id: string) => Promise<void>;
  /** The account's security log, newest first. */
  events: (page?: { limit?: number; before?: string }) => Promise<EventsPage>;
  /** Ends every other session of the user too. Rejects with `invalid_credentials` if the present password is wrong. */
  changePassword: (passwords: { current_password: string; new_password: string }) => Promise<void>;
  /** Removes the account, and its sessions with it. */
  deleteAccount: (confirmation: { password: string }) => Promise<void>;

  /** Stops listening to other tabs and trying again. The session on the server stays as it is. */
  close: () => void;
}
