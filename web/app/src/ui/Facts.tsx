import { Children } from "react";
import type { ReactNode } from "react";

/** What is known about a thing, in one paragraph. A line breaks between two facts if it can. */
export function Facts({ children }: { children: ReactNode }) {
  return (
    <p className="muted small">
      {Children.toArray(children).map((fact, index) => (
        <span key={index}>
          {index > 0 && " · "}
          <span className="fact">{fact}</span>
        </span>
      ))}
    </p>
  );
}
