import { ProblemError } from "@heirloom/client";
import type { Problem, Session } from "@heirloom/client";

/** What the server offers, from `GET /.well-known/heirloom`. */
export interface Offer {
  readonly registration: "open" | "verified" | "closed";
  readonly recovery: boolean;
  readonly password: { readonly min_length: number; readonly max_length: number };
}

/** Loads what the server offers. An older server offers registration only. */
export async function loadOffer(heirloom: URL): Promise<Offer> {
  const response = await fetch(new URL(".well-known/heirloom", heirloom));
  if (response.ok) return (await response.json()) as Offer;
  return { registration: "open", recovery: false, password: { min_length: 8, max_length: 128 } };
}

/** Asks for a mail with a link that resets the password. */
export const forgotPassword = (heirloom: URL, email: string) => post(heirloom, "password/forgot", { email });

export const resetPassword = (heirloom: URL, token: string, newPassword: string) =>
  post(heirloom, "password/reset", { token, new_password: newPassword });

/** Uses a link that needs no more than a click. */
export const followLink = (heirloom: URL, path: LinkPath, token: string) => post(heirloom, path, { token });

export type LinkPath = "email/verify" | "email/confirm" | "email/undo";

/** Asks for a mail with a link that changes the address of the account. */
export async function changeEmail(session: Session, heirloom: URL, email: string, password: string) {
  await check(await session.fetch(new URL("users/me/email", heirloom), jsonRequest({ email, password })));
}

async function post(heirloom: URL, path: string, body: object) {
  await check(await fetch(new URL(path, heirloom), { ...jsonRequest(body), credentials: "include" }));
}

function jsonRequest(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function check(response: Response) {
  if (response.ok) return;
  const body: unknown = await response.json().catch(() => null);
  if (!(body instanceof Object && "code" in body)) throw new Error(`The server responded with ${response.status}`);
  throw new ProblemError(body as Problem, Number(response.headers.get("retry-after")) || undefined);
}
