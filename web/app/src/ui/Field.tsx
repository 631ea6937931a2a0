import { useEffect, useId, useRef, useState } from "react";
import type { InputHTMLAttributes, ReactNode } from "react";
import { Eye, EyeOff } from "./icons.js";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "name" | "id"> {
  readonly label: string;
  readonly name: string;
  readonly hint?: string | undefined;
  /** Goes on after the label: "must be …". */
  readonly error?: string | undefined;
  readonly aside?: ReactNode;
}

/** An input with its label, its hint and what is wrong with it, all told to those who cannot see it. */
export function Field({ label, name, hint, error, aside, ...input }: Props) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={`field ${error ? "wrong" : ""}`}>
      <label htmlFor={id}>{label}</label>
      <div className="input">
        <input
          {...input}
          id={id}
          name={name}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
        />
        {aside}
      </div>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className="error" id={`${id}-error`}>
          {label} {error}.
        </p>
      )}
    </div>
  );
}

/** True whatever the least length is on this server, which says so itself when a password is shorter. */
export const LENGTH_HINT = "8 characters at the least; this service may ask for more.";

/** A password, which can be looked at while it is typed. */
export function PasswordField(props: Omit<Props, "type" | "aside">) {
  const [isShown, setIsShown] = useState(false);
  const peek = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Whatever is typed after the form is done with is another secret.
    const form = peek.current?.form;
    const hide = () => setIsShown(false);
    form?.addEventListener("reset", hide);
    return () => form?.removeEventListener("reset", hide);
  }, []);
  return (
    <Field
      {...props}
      type={isShown ? "text" : "password"}
      autoCapitalize="none"
      spellCheck={false}
      aside={
        <button
          ref={peek}
          type="button"
          className="peek"
          aria-pressed={isShown}
          aria-label="Show what is typed"
          onClick={() => setIsShown(!isShown)}
        >
          {isShown ? <EyeOff /> : <Eye />}
        </button>
      }
    />
  );
}
