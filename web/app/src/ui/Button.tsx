import type { ButtonHTMLAttributes } from "react";
import { Spinner } from "./Spinner.js";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: "primary" | "quiet" | "danger";
  /** What it began is not done yet. It keeps the focus, and does nothing more. */
  readonly isBusy?: boolean;
  /** It makes no sense now. It can be found and read all the same, and keeps the focus if it has it. */
  readonly isOff?: boolean;
}

export function Button({ look, isBusy = false, isOff = false, ...props }: Props) {
  const { className = "", type = "button", onClick, children, ...rest } = props;
  const isDeaf = isBusy || isOff;
  return (
    <button
      {...rest}
      type={type}
      className={`button ${look ?? ""} ${isOff ? "off" : ""} ${className}`}
      aria-disabled={isDeaf || undefined}
      aria-busy={isBusy || undefined}
      onClick={(event) => (isDeaf ? event.preventDefault() : onClick?.(event))}
    >
      {isBusy && <Spinner />}
      {children}
    </button>
  );
}
