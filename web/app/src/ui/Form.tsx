import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { texts } from "../texts/index.js";
import type { ActionError } from "./actionError.js";
import { ErrorMessage } from "./ErrorMessage.js";
import { FieldErrors } from "./fieldErrors.js";
import { Notice } from "./Notice.js";

interface Props {
  readonly error: ActionError | null;
  readonly onSubmit: (values: Readonly<Record<string, string>>, form: HTMLFormElement) => void;
  readonly children: ReactNode;
  readonly label?: string;
  /** Follows the error message, such as a link to another page. */
  readonly help?: ReactNode;
}

/**
 * A form with uncontrolled fields. It is not submitted while a required field is empty. After an error, the first invalid
 * field gets the focus.
 */
export function Form({ error, onSubmit, children, label, help }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [emptyError, setEmptyError] = useState<ActionError | null>(null);
  const current = emptyError ?? error;
  // The server may reject a value that the form has no field for.
  const others = Object.entries(current?.fields ?? {}).filter(([name]) => !form.current?.elements.namedItem(name));
  useEffect(() => {
    if (current) form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]")?.focus();
  }, [current]);
  return (
    <form
      ref={form}
      className="form"
      noValidate
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        const empty = emptyFields(event.currentTarget);
        setEmptyError(empty);
        if (empty) return;
        const entries = [...new FormData(event.currentTarget)].filter(([, value]) => typeof value === "string");
        onSubmit(Object.fromEntries(entries) as Record<string, string>, event.currentTarget);
      }}
    >
      {current && (
        <div className={hasOneInvalidField(current) && others.length === 0 ? "visually-hidden" : undefined}>
          <Notice kind="error">
            <ErrorMessage error={current} />
            {others.map(([name, message]) => ` ${texts.errors.ofField(name, message)}`)}
            {help && !emptyError && <> {help}</>}
          </Notice>
        </div>
      )}
      <FieldErrors value={current?.fields ?? {}}>{children}</FieldErrors>
    </form>
  );
}

function emptyFields(form: HTMLFormElement): ActionError | null {
  const inputs = [...form.querySelectorAll("input")].filter(({ required }) => required);
  // A password may consist of spaces.
  const empty = inputs.filter(({ type, value }) => (type === "email" ? value.trim() : value) === "");
  if (empty.length === 0) return null;
  const fields = Object.fromEntries(empty.map(({ name }) => [name, texts.errors.isEmpty]));
  return { message: texts.errors.invalidFields, fields };
}

/** That field is marked and has the focus, so a visible summary is not needed. */
const hasOneInvalidField = ({ fields }: ActionError) => Object.keys(fields).length === 1;
