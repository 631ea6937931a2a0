import type { ErrorMessages } from "../ui/actionError.js";

export const linkMessages: ErrorMessages = {
  link_invalid: "This link was used already, or it is incomplete.",
  link_expired: "This link has expired.",
  email_taken: "Another account has this address by now.",
};
