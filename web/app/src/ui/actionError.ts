import { ProblemError } from "@heirloom/client";
import { texts } from "../texts/index.js";

/** What the user sees when an action fails. */
export interface ActionError {
  readonly message: string;
  /** The problem's code, for an error response from Heirloom. */
  readonly code?: string;
  /** Messages by field name. Each continues the field's label: "must be …". */
  readonly fields: Readonly<Record<string, string>>;
  /** When the action may be tried again, by this machine's clock. */
  readonly retryAt?: number;
}

/** A page's own messages, by problem code: a sentence, or a message for one field. */
export type ErrorMessages = Readonly<Record<string, string | { readonly field: string; readonly message: string }>>;

export function toActionError(error: unknown, messages: ErrorMessages = {}): ActionError {
  // Only `fetch` rejects with a TypeError.
  if (error instanceof TypeError) return { message: texts.errors.unreachable, fields: {} };
  if (!(error instanceof ProblemError)) return { message: texts.errors.unexpected, fields: {} };
  const { code, problem, retryAfter } = error;
  const fields = Object.fromEntries((problem.errors ?? []).map(({ field, message }) => [field, message]));
  const own = messages[code];
  if (typeof own === "string") return { code, message: own, fields };
  if (own) return { code, message: texts.errors.invalidFields, fields: { [own.field]: own.message } };
  switch (code) {
    case "validation_failed":
      return { code, message: texts.errors.invalidFields, fields };
    case "too_many_attempts":
      return { code, message: texts.errors.canRetry, fields, retryAt: Date.now() + (retryAfter ?? 60) * 1000 };
    default:
      return { code, message: texts.errors.byCode[code] ?? problem.detail, fields };
  }
}
