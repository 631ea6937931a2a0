import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { Notice } from "./Notice.js";
import type { Trouble } from "./useAction.js";

interface Props {
  readonly trouble: Trouble | null;
  readonly onSubmit: (values: Readonly<Record<string, string>>, form: HTMLFormElement) => void;
  readonly children: ReactNode;
  readonly label?: string;
}

/** A form whose fields keep their own values. What went wrong is told, and the first field concerned gets the focus. */
export function Form({ trouble, onSubmit, children, label }: Props) {
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
      {trouble && <Notice kind="problem">{trouble.message}</Notice>}
      {children}
    </form>
  );
}
