import { texts } from "../texts/index.js";
import type { ErrorMessages } from "../ui/actionError.js";

export const linkMessages = (): ErrorMessages => ({
  link_invalid: texts.recovery.linkInvalid,
  link_expired: texts.recovery.linkExpired,
  email_taken: texts.recovery.emailTaken,
});
