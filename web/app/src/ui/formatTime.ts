import { locale, texts } from "../texts/index.js";

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "5 minutes ago" or "just now". Rounds down. A time in the future, from a slow clock, is "just now". */
export function formatRelative(time: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  const unit = units.find(([, length]) => seconds >= length);
  if (!unit) return texts.app.justNow;
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-Math.floor(seconds / unit[1]), unit[0]);
}

export const formatDateTime = (time: string) => format(time, { dateStyle: "long", timeStyle: "short" });
export const formatDate = (time: string) => format(time, { dateStyle: "long" });

function format(time: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, options).format(new Date(time));
}
