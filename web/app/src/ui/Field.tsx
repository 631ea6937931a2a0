import { useEffect, useId, useRef, useState } from "react";
import type { InputHTMLAttributes, ReactNode } from "react";
import { useFieldError } from "./fieldErrors.js";
import { Eye, EyeOff } from "./icons.js";
import { texts } from "../texts/index.js";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "name" | "id"> {
  readonly label: string;
  readonly name: string;
  readonly hint?: string | undefined;
  /** A button inside the input. */
  readonly button?: ReactNode;
}

/** An input with its label, hint and error, linked for assistive technology. */
export function Field({ label, name, hint, button, ...input }: Props) {
  const id = useId();
  const error = useFieldError(name);
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={`field ${error ? "invalid" : ""}`}>
      <label htmlFor={id}>{label}</label>
      <div className={`input ${button ? "has-button" : ""}`}>
        <input
          {...input}
          id={id}
          name={name}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy || undefined}
        />
        {button}
      </div>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className="error" id={`${id}-error`}>
          {texts.errors.ofField(label, error)}
        </p>
      )}
    </div>
  );
}

/** A password input with a button that shows the password. */
export function PasswordField(props: Omit<Props, "type" | "button">) {
  const [isVisible, setIsVisible] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // After a reset, the next input is another secret.
    const form = toggle.current?.form;
    const hide = () => setIsVisible(false);
    form?.addEventListener("reset", hide);
    return () => form?.removeEventListener("reset", hide);
  }, []);
  return (
    <Field
      {...props}
      type={isVisible ? "text" : "password"}
      autoCapitalize="none"
      spellCheck={false}
      button={
        <button
          ref={toggle}
          type="button"
          className="password-toggle"
          aria-pressed={isVisible}
          aria-label={texts.app.showPassword}
          onClick={() => setIsVisible(!isVisible)}
        >
          {isVisible ? <EyeOff /> : <Eye />}
        </button>
      }
    />
  );
}

/** A hidden field. With it, a password manager saves the password for the right account. */
export function UsernameField({ email }: { email: string | null }) {
  if (email === null) return null;
  return <input className="hidden" type="text" name="username" autoComplete="username" value={email} readOnly hidden />;
}
