import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import type { ActionError } from "./actionError.js";
import { Notice } from "./Notice.js";

interface Props {
  readonly error: ActionError | null;
  readonly onSubmit: (values: Readonly<Record<string, string>>, form: HTMLFormElement) => void;
  readonly children: ReactNode;
  readonly label?: string;
  /** Follows the error message, such as a link to another page. */
  readonly help?: ReactNode;
}

/** A form with uncontrolled fields. After an error, the first invalid field gets the focus. */
export function Form({ error, onSubmit, children, label, help }: Props) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]")?.focus();
  }, [error]);
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
      {error && (
        <div className={hasOneInvalidField(error) ? "visually-hidden" : undefined}>
          <Notice kind="error">
            {error.message}
            {help && <> {help}</>}
          </Notice>
        </div>
      )}
      {children}
    </form>
  );
}

/** That field is marked and has the focus, so a visible summary is not needed. */
const hasOneInvalidField = ({ fields }: ActionError) => Object.keys(fields).length === 1;
