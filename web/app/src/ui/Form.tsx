import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { Notice } from "./Notice.js";
import type { Trouble } from "./useAction.js";

interface Props {
  readonly trouble: Trouble | null;
  readonly onSubmit: (values: Readonly<Record<string, string>>, form: HTMLFormElement) => void;
  readonly children: ReactNode;
  readonly label?: string;
  /** Goes on after what went wrong: a way out. */
  readonly help?: ReactNode;
}

/** A form whose fields keep their own values. What went wrong is told, and the first field concerned gets the focus. */
export function Form({ trouble, onSubmit, children, label, help }: Props) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (trouble) form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]")?.focus();
  }, [trouble]);
  return (
    <form
      ref={form}
      className="form"
      noValidate
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        const entries = [...new FormData(event.currentTarget)].filter(([, value]) => typeof value === "string");
        onSubmit(Object.fromEntries(entries) as Record<string, string>, event.currentTarget);
      }}
    >
      {trouble && (
        <div className={isPlain(trouble) ? "unseen" : undefined}>
          <Notice kind="problem">
            {trouble.message}
            {help && <> {help}</>}
          </Notice>
        </div>
      )}
      {children}
    </form>
  );
}

/** One field is marked and has the focus: whoever sees that needs no summary. */
const isPlain = ({ fields }: Trouble) => Object.keys(fields).length === 1;
