import type { ButtonHTMLAttributes } from "react";
import { Spinner } from "./Spinner.js";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: "primary" | "quiet" | "danger";
  /** What it began is not done yet. It keeps the focus, and does nothing more. */
  readonly isBusy?: boolean;
}

export function Button({ look, isBusy = false, className = "", type = "button", onClick, children, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      className={`button ${look ?? ""} ${className}`}
      aria-disabled={isBusy || undefined}
      onClick={(event) => (isBusy ? event.preventDefault() : onClick?.(event))}
    >
      {isBusy && <Spinner />}
      {children}
    </button>
  );
}
