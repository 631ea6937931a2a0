import type { components } from "./openapi.js";
import type { RequestOptions, Session } from "./types.js";

export { stepUp } from "./stepUp.js";
export type { Challenge } from "./stepUp.js";

/** What a server offers to its pages. */
export type Offer = Omit<components["schemas"]["Offer"], "registration"> & {
  /** With `verified`, a link in a mail creates the account. */
  registration: "open" | "verified" | "closed";
};

/** The page that a link in a mail opens: `#/reset-password?token=…` after the URL of your page. */
export type LinkPage = "reset-password" | "verify-email" | "confirm-email" | "undo-email";

export interface Link {
  readonly page: LinkPage;
  readonly token: string;
}

/**
 * Loads what the server offers: the mode of registration, whether it sends mails, and the limits of passwords. Browsers
 * keep the response for five minutes.
 */
export function loadOffer(session: Session, options?: RequestOptions): Promise<Offer> {
  return session.request("/.well-known/heirloom", {}, options);
}

/** The link of a mail that has opened this page, if one has. */
export function readLink(hash: string = location.hash): Link | undefined {
  const [, page, query] = /^#\/(reset-password|verify-email|confirm-email|undo-email)\?(.*)/.exec(hash) ?? [];
  const token = new URLSearchParams(query).get("token");
  return token ? { page: page as LinkPage, token } : undefined;
}

/** Requests a mail with a link that resets the password. Resolves also if the address has no account. */
export async function forgotPassword(
  session: Session,
  body: { email: string },
  options?: RequestOptions,
): Promise<void> {
  await session.request("/password/forgot", { method: "POST", body }, options);
}

/** Sets a new password. Ends every session of the account, so the user logs in with it. */
export function resetPassword(
  session: Session,
  body: { token: string; new_password: string },
  options?: RequestOptions,
): Promise<void> {
  return sendLink(session, "/password/reset", body, options);
}

/** Verifies the address of an account. With `HEIRLOOM_REGISTRATION=verified` it may create the account. */
export function verifyEmail(session: Session, link: { token: string }, options?: RequestOptions): Promise<void> {
  return sendLink(session, "/email/verify", link, options);
}

/** Requests a mail to another address, with a link that gives the account that address. */
export async function changeEmail(
  session: Session,
  body: { email: string; password: string },
  options?: RequestOptions,
): Promise<void> {
  const token = (await session.accessToken(options)) ?? undefined;
  await session.request("/users/me/email", { method: "POST", body, token }, options);
}

/** Gives the account the address to which the mail was sent. */
export function confirmEmail(session: Session, link: { token: string }, options?: RequestOptions): Promise<void> {
  return sendLink(session, "/email/confirm", link, options);
}

/** Restores the former address and ends every session. A mail with a link for a new password follows. */
export function undoEmail(session: Session, link: { token: string }, options?: RequestOptions): Promise<void> {
  return sendLink(session, "/email/undo", link, options);
}

/** Sends the token of a link, and nothing else of it: a `Link` has its page too, and Heirloom rejects unknown fields. */
async function sendLink(
  session: Session,
  path: string,
  { token, new_password }: { token: string; new_password?: string },
  options?: RequestOptions,
) {
  await session.request(path, { method: "POST", body: { token, new_password } }, options);
  // The account has changed, or its sessions have ended. The state of this page follows.
  if (session.getState().status === "authenticated") session.refresh().catch(() => undefined);
}
