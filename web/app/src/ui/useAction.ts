import { ProblemError } from "@heirloom/client";
import { useCallback, useRef, useState } from "react";

/** What to tell somebody whose wish was not granted. */
export interface Trouble {
  readonly message: string;
  /** The problem's code, where Heirloom refused. */
  readonly code?: string;
  /** By the name of the field; each goes on after the field's label: "must be …". */
  readonly fields: Readonly<Record<string, string>>;
}

/** A page's own words for problems, by their code: a sentence, or what is wrong with one field. */
export type Words = Readonly<Record<string, string | { readonly field: string; readonly message: string }>>;

interface Action<Arguments extends unknown[]> {
  /** Does it, unless it is being done already. True once it is done, false if it failed. */
  readonly run: (...given: Arguments) => Promise<boolean>;
  readonly isBusy: boolean;
  readonly trouble: Trouble | null;
  readonly clear: () => void;
}

/** Something that a user does and that may fail: whether it is under way, and what went wrong. */
export function useAction<Arguments extends unknown[]>(
  act: (...given: Arguments) => Promise<unknown>,
  words: Words = {},
): Action<Arguments> {
  const [isBusy, setIsBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const underWay = useRef(false);
  const run = async (...given: Arguments) => {
    if (underWay.current) return false;
    underWay.current = true;
    setIsBusy(true);
    setTrouble(null);
    try {
      await act(...given);
      return true;
    } catch (error) {
      setTrouble(troubleOf(error, words));
      return false;
    } finally {
      underWay.current = false;
      setIsBusy(false);
    }
  };
  return { run, isBusy, trouble, clear: useCallback(() => setTrouble(null), []) };
}

const marked = "Please look at what is marked below.";

/** `words` says it in the page's own words, by the problem's code. */
export function troubleOf(error: unknown, words: Words = {}): Trouble {
  // What `fetch` rejects with, and nothing else does.
  if (error instanceof TypeError) {
    return { message: "Heirloom cannot be reached. Check your connection, and try again.", fields: {} };
  }
  if (!(error instanceof ProblemError)) {
    return { message: "Something went wrong in this page. Load it again, and try once more.", fields: {} };
  }
  const { code, problem, retryAfter } = error;
  const fields = Object.fromEntries((problem.errors ?? []).map(({ field, message }) => [field, message]));
  const own = words[code];
  if (typeof own === "string") return { code, message: own, fields };
  if (own) return { code, message: marked, fields: { [own.field]: own.message } };
  switch (code) {
    case "validation_failed":
      return { code, message: marked, fields };
    case "too_many_attempts":
      return { code, message: `That was tried too often. Try again in ${waitOf(retryAfter ?? 60)}.`, fields };
    default:
      return { code, message: problem.detail, fields };
  }
}

function waitOf(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 90) return `${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  return `${minutes} minutes`;
}
