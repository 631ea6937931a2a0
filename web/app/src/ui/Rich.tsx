import type { ReactNode } from "react";

interface Props {
  readonly text: string;
  /** Renders the label in square brackets. */
  readonly link?: (label: string) => ReactNode;
}

/** A text with `**strong**` parts, `code` in backquotes, and the label of a link in square brackets. */
export function Rich({ text, link }: Props) {
  return text.split(/(\*\*.+?\*\*|`.+?`|\[.+?\])/).map((part, index) => {
    if (part.startsWith("**")) return <strong key={index}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("`")) return <code key={index}>{part.slice(1, -1)}</code>;
    if (link && part.startsWith("[")) return <span key={index}>{link(part.slice(1, -1))}</span>;
    return part;
  });
}
