import type { Session, User } from "@heirloom/client";

/**
 * Looks whether the session goes on, and whether another page has changed or confirmed the email address. The session state
 * reports the result. While Heirloom does not respond, it stays the same.
 */
export async function checkSession(session: Session, heirloom: URL): Promise<void> {
  if (session.getState().status !== "authenticated") return;
  try {
    const response = await session.fetch(new URL("users/me", heirloom));
    if (!response.ok) return;
    const { id, email, email_verified } = (await response.json()) as User;
    const state = session.getState();
    if (state.status !== "authenticated" || state.user.id !== id) return;
    // With a refresh the session also loads the user.
    if (state.user.email !== email || state.user.email_verified !== email_verified) await session.refresh();
  } catch {
    // The next look may succeed.
  }
}
