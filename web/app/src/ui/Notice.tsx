import type { ReactNode } from "react";
import { Alert, Check, Info } from "./icons.js";

const icons = { error: Alert, success: Check, info: Info };

/** A message that screen readers announce when it appears. */
export function Notice({ kind, children }: { kind: keyof typeof icons; children: ReactNode }) {
  const Icon = icons[kind];
  return (
    <div className={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      <Icon />
      <div>{children}</div>
    </div>
  );
}
