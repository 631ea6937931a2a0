import type { ButtonHTMLAttributes } from "react";
import { Spinner } from "./Spinner.js";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: "primary" | "quiet" | "danger";
  /** The action is running. The button keeps the focus and ignores clicks. */
  readonly isBusy?: boolean;
  /** The button ignores clicks, but it stays readable and keeps the focus. */
  readonly isDisabled?: boolean;
}

export function Button({ variant, isBusy = false, isDisabled = false, ...props }: Props) {
  const { className = "", type = "button", onClick, children, ...rest } = props;
  const isInactive = isBusy || isDisabled;
  return (
    <button
      {...rest}
      type={type}
      className={`button ${variant ?? ""} ${isDisabled ? "disabled" : ""} ${className}`}
      aria-disabled={isInactive || undefined}
      aria-busy={isBusy || undefined}
      onClick={(event) => (isInactive ? event.preventDefault() : onClick?.(event))}
    >
      {isBusy && <Spinner />}
      {children}
    </button>
  );
}
