import { confirmEmail, readLink, resetPassword, undoEmail, verifyEmail } from "@heirloom/client/account";
import { session } from "./session";

/** The link in a mail that has opened this page. */
export const link = readLink();
// The token stays out of the history, and of what scripts report about the page.
if (link) history.replaceState(null, "", location.pathname + location.search);

/** Call this when the user presses a button: some programs that check mails open the page too. */
export async function followLink(newPassword: string) {
  switch (link?.page) {
    case "reset-password":
      return resetPassword(session, { token: link.token, new_password: newPassword });
    case "verify-email":
      return verifyEmail(session, link);
    case "confirm-email":
      return confirmEmail(session, link);
    case "undo-email":
      return undoEmail(session, link);
  }
}
