import type { ReactNode } from "react";
import { Alert, Check } from "./icons.js";

/** A message that screen readers announce when it appears. */
export function Notice({ kind, children }: { kind: "error" | "success"; children: ReactNode }) {
  return (
    <div className={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      {kind === "error" ? <Alert /> : <Check />}
      <div>{children}</div>
    </div>
  );
}
