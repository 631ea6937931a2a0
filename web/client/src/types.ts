import type { components } from "./openapi.js";

export type { ProblemCode } from "./codes.js";

type Schemas = components["schemas"];

/** A user's account. */
export type User = Schemas["User"];
/** A mail was sent to the address, whether or not it has an account. `message` is a sentence for people. */
export type MailSent = Schemas["MailSentAnswer"];
/** A device with a session, as `sessions()` lists it. */
export type Device = Schemas["Session"];
/** The id of this session and its expiry times, as returned with the last token. */
export type SessionInfo = Schemas["SessionInfo"];
/** One entry of the account's security log. */
export type SecurityEvent = Schemas["Event"];
/** One page of the security log. Pass `next` as `before` to get the page after it. */
export type EventsPage = Schemas["EventsAnswer"];
/** The body of every error response (RFC 9457). */
export type Problem = Schemas["Problem"];
/** What is invalid about one field. */
export type FieldProblem = Schemas["FieldProblem"];
export type TokenAnswer = Schemas["TokenAnswer"];
export type TokenDelivery = Schemas["TokenDelivery"];

export interface SessionOptions {
  /**
   * The URL of Heirloom: `https://auth.example.com`, or with a base path `https://example.com/auth`. The default is the
   * page's own origin.
   */
  baseUrl?: string | URL;
  /** Sends the requests instead of the global `fetch`. */
  fetch?: typeof fetch;
  /**
   * Origins of your other services, such as `https://api.example.com`. The access token is sent to these origins, to the
   * origin of `baseUrl` and to the page's own. No other origin receives it.
   */
  origins?: readonly string[];
  /**
   * Whether to look for a session at once. By default this happens in pages and in a browser's workers, but not in Node
   * or another runtime that renders pages on a server.
   */
  restore?: boolean;
  /**
   * `"cookie"` is the default and for browsers. `"body"` is for programs without a cookie jar: the refresh token stays in
   * memory, and the session is lost when the program exits.
   */
  tokenDelivery?: TokenDelivery;
  /** What to do when a service wants a newer proof of who the user is: `stepUp(…)` of `@heirloom/client/account`. */
  onStepUp?: StepUp;
}

/**
 * Called for each request before it is sent. The result is called if the response is a 401. It resolves to whether the user
 * has proved who they are since; the request is then repeated with a new token.
 */
export type StepUp = () => (response: Response) => Promise<boolean>;

/** Why the session of this page has ended. */
export type OverReason =
  /** It was unused for too long, or has reached its maximum age. */
  | "expired"
  /** It was revoked: from another device, by a password change, or by an administrator. */
  | "revoked"
  /** An old refresh token was replayed, so someone else may have a copy. */
  | "reused"
  /** The user logged out, in this tab or another. */
  | "logged_out";

/** Why Heirloom is unreachable, as far as the page can see. The console has one warning, which says what to do. */
export type UnreachableCause =
  /** There is no network, or Heirloom does not respond. */
  | "network"
  /**
   * A page of another origin gets no response: Heirloom does not run there, or it refuses the origin of the page. The
   * browser hides which of the two.
   */
  | "unreadable"
  /** Heirloom refuses the origin of the page. */
  | "origin"
  /** Heirloom responds, but `baseUrl` has a wrong path. */
  | "path"
  /** Another server responds. */
  | "not_heirloom"
  /** Heirloom or a proxy in front of it responds with an error, such as `unavailable` or 502. */
  | "error_response";

export interface RequestOptions {
  /**
   * Rejects with the reason of the signal once it is aborted. A refresh and a logout go on in the background. The server
   * may have carried out other requests already.
   */
  signal?: AbortSignal | undefined;
}

/** A request that `Session.request` sends. */
export interface ApiRequestOptions {
  method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  /** The access token, from `accessToken()`. */
  token?: string | undefined;
}

/** Everything an app shows about the session. Each change creates a new object; an unchanged state is the same object. */
export type SessionState =
  /** It is not known yet whether there is a session. A server renders this state too. */
  | { readonly status: "restoring" }
  /** It is not known, because Heirloom does not respond. The client retries in the background. `cause` follows at once. */
  | { readonly status: "unreachable"; readonly cause?: UnreachableCause }
  /** The user is not logged in, or the account is disabled. `over` is set if there was a session in this tab. */
  | { readonly status: "anonymous"; readonly over?: OverReason }
  | { readonly status: "authenticated"; readonly user: User; readonly session: SessionInfo };

/**
 * A browser's session with Heirloom. All functions are bound: `const { fetch } = session` works.
 *
 * Functions that send a request reject with a {@link ProblemError} if Heirloom returns an error, and with the error of
 * `fetch` if Heirloom is unreachable. Neither means that the session has ended; only the state says so.
 */
export interface Session {
  /** The current state. */
  getState: () => SessionState;
  /** Calls `listener` after each change of the state. Returns a function that unsubscribes. */
  subscribe: (listener: (state: SessionState) => void) => () => void;

  /** The user who is logged in, or null. Waits until that is known. */
  user: (options?: RequestOptions) => Promise<User | null>;
  /**
   * Creates an account. Does not log in. With `HEIRLOOM_REGISTRATION=verified` it resolves to a `MailSent` instead, and a
   * link in the mail creates the account.
   */
  register: (account: { email: string; password: string }, options?: RequestOptions) => Promise<User | MailSent>;
  /** With `remember: false`, the browser forgets the session when it is closed. */
  login: (
    credentials: { email: string; password: string; remember?: boolean },
    options?: RequestOptions,
  ) => Promise<User>;
  /** Logs in with a ticket, which your backend has created for a user whom it has identified. A ticket works once. */
  redeem: (ticket: string, options?: RequestOptions) => Promise<User>;
  /**
   * Proves again who the user is. The next access tokens have a new `auth_time`, in every tab. Rejects with
   * `invalid_credentials` if the password is wrong.
   */
  reauthenticate: (password: string, options?: RequestOptions) => Promise<void>;
  /**
   * Logs out in every tab at once, and on the server as soon as it is reachable. Rejects if the server does not confirm
   * it: a page then retries in the background, and another `logout()` resolves once the server has confirmed.
   */
  logout: (options?: RequestOptions) => Promise<void>;
  /** Revokes all sessions of the user, on every device. Resolves to their number. */
  logoutAll: (options?: RequestOptions) => Promise<number>;

  /**
   * `fetch` with the access token, refreshed if needed. Resolves and rejects like `fetch`. It also rejects if the token
   * has expired and Heirloom cannot issue another. Without a session, the request is sent without a token.
   *
   * A relative URL is relative to the page, as with `fetch`; outside pages and workers it is relative to `baseUrl`.
   */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** The access token, for uses without `fetch` such as a WebSocket, or null. It is valid for at least some seconds. */
  accessToken: (options?: RequestOptions) => Promise<string | null>;
  /** Refreshes now, even if the token is new. Also resolves if this reveals that the session has ended. */
  refresh: (options?: RequestOptions) => Promise<void>;

  /** The user's devices that are logged in. */
  sessions: (options?: RequestOptions) => Promise<Device[]>;
  /** Revokes one of the user's sessions. For the current session, this is a logout. */
  endSession: (id: string, options?: RequestOptions) => Promise<void>;
  /** The account's security log, newest first. */
  events: (page?: RequestOptions & { limit?: number; before?: string }) => Promise<EventsPage>;
  /** Ends all sessions of the user; this page goes on with a new one. Rejects with `invalid_credentials` if the current password is wrong. */
  changePassword: (
    passwords: { current_password: string; new_password: string },
    options?: RequestOptions,
  ) => Promise<void>;
  /** Deletes the account and its sessions. */
  deleteAccount: (confirmation: { password: string }, options?: RequestOptions) => Promise<void>;

  /**
   * Sends a request to Heirloom for which there is no function here, and resolves to the body of the response. The
   * functions of `@heirloom/client/account` use it. Your own services need `fetch`.
   */
  request: <T>(path: string, request?: ApiRequestOptions, options?: RequestOptions) => Promise<T>;
  /** Stops listening to other tabs and retrying. The session on the server goes on. */
  close: () => void;
}
