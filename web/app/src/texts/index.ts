import { de } from "./de.js";
import { en } from "./en.js";
import type { Texts } from "./en.js";

/** The texts in the reader's language. Read them while rendering, not when a module loads. */
export let texts: Texts = en;

/** The language and region in which dates are written. The language is that of the texts. */
export let locale = "en-GB";

/** Chooses the first of the reader's languages that the app has, or English. */
export function chooseLanguage(languages: readonly string[]): void {
  const found = languages.find((language) => /^(de|en)(-|$)/i.test(language) && isValid(language));
  texts = found && /^de/i.test(found) ? de : en;
  // For a browser, "en" alone is American English, with the month first.
  locale = !found || /^en$/i.test(found) ? "en-GB" : found;
  document.documentElement.lang = texts.language;
}

/** Some browsers report names such as "en-US@posix", with which every date would throw. */
function isValid(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length > 0;
  } catch {
    return false;
  }
}
