import { ProblemError } from "@heirloom/client";

/** What the user sees when an action fails. */
export interface ActionError {
  readonly message: string;
  /** The problem's code, for an error response from Heirloom. */
  readonly code?: string;
  /** Messages by field name. Each continues the field's label: "must be …". */
  readonly fields: Readonly<Record<string, string>>;
}

/** A page's own messages, by problem code: a sentence, or a message for one field. */
export type ErrorMessages = Readonly<Record<string, string | { readonly field: string; readonly message: string }>>;

const invalidFields = "Some fields are invalid. Check the messages below.";

export function toActionError(error: unknown, messages: ErrorMessages = {}): ActionError {
  // Only `fetch` rejects with a TypeError.
  if (error instanceof TypeError) {
    return { message: "Cannot reach Heirloom. Check your connection and try again.", fields: {} };
  }
  if (!(error instanceof ProblemError)) {
    return { message: "Something went wrong. Reload the page and try again.", fields: {} };
  }
  const { code, problem, retryAfter } = error;
  const fields = Object.fromEntries((problem.errors ?? []).map(({ field, message }) => [field, message]));
  const own = messages[code];
  if (typeof own === "string") return { code, message: own, fields };
  if (own) return { code, message: invalidFields, fields: { [own.field]: own.message } };
  switch (code) {
    case "validation_failed":
      return { code, message: invalidFields, fields };
    case "too_many_attempts":
      return { code, message: `Too many attempts. Try again in ${formatDuration(retryAfter ?? 60)}.`, fields };
    default:
      return { code, message: problem.detail, fields };
  }
}

function formatDuration(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 90) return `${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  return `${minutes} minutes`;
}
