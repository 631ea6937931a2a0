const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const dateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });
const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

/** "5 minutes ago" or "just now". Rounds down. A time in the future, from a slow clock, is "just now". */
export function formatRelative(time: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  const unit = units.find(([, length]) => seconds >= length);
  return unit ? relative.format(-Math.floor(seconds / unit[1]), unit[0]) : "just now";
}

export const formatDateTime = (time: string) => dateTime.format(new Date(time));
export const formatDate = (time: string) => date.format(new Date(time));
