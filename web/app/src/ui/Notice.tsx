import type { ReactNode } from "react";
import { Alert, Check } from "./icons.js";

/** Something that has just become true, and is read out when it does. */
export function Notice({ kind, children }: { kind: "problem" | "done"; children: ReactNode }) {
  return (
    <div className={`notice ${kind}`} role={kind === "problem" ? "alert" : "status"}>
      {kind === "problem" ? <Alert /> : <Check />}
      <div>{children}</div>
    </div>
  );
}
